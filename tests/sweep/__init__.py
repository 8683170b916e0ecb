"""Every route by every method: nothing breaks, nothing leaks, nothing changes by looking."""
