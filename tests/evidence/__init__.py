"""Files of cases."""
