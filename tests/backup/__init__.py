"""Backups are whole, and come back."""
