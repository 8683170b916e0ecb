"""A desk works on what it received."""
