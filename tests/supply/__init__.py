"""What Intake is made of besides itself: what must be known of it, and how it comes to a machine behind a filter."""
