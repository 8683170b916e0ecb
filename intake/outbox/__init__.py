"""Letters: enqueue and deliver. It knows letters only."""
