"""Intake: sealed complaints for the country desks of a newsroom."""
