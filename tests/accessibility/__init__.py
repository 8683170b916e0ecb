"""Every page and state of the house, looked at as people see, hear and reach it."""
