"""Whole walks through a real browser, a real database and a real mail server."""
