"""A storm: everything that an instance stands on is killed, filled, locked or cut off, while people send complaints."""
