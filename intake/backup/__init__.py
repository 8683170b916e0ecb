"""Backups: database and files, sealed to the operator, made while all goes on; and coming back from one."""
