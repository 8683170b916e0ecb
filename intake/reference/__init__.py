"""Facts about the region: data files and their readers."""
