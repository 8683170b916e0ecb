"""A person tells what happened, and sends it."""
