"""Databases as released code wrote them, kept so that upgrading is tried on what it meets: see ``make.py``."""
