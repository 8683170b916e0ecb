"""A person comes back with a code."""
