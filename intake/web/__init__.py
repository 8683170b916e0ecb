"""What every request shares: error pages, headers, forms, inlined assets."""
