"""The countries that have a desk, and the word for all others."""

COUNTRIES = ("KZ", "KG", "TJ", "TM", "UZ")  # ISO 3166-1 alpha-2
OTHER = "other"
