"""What a desk works out about a case and keeps with it, sealed to the desk alone."""
