"""Which members answer for which countries: routing, seats and their keys, invitations."""
