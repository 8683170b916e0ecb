"""What comes on the day of a mass arrest, or of an attack: quiet visitors are answered all the same."""
