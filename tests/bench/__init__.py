"""What sending costs and what pages weigh, measured: ``python -m tests.bench``."""
