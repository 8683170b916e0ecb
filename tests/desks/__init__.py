"""Which members answer for which countries."""
