"""Planted faults: a promise that one line keeps is broken on purpose, and a test must notice. ``make mutants``."""
