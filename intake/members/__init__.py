"""Who works here: sign-in, secrets, sessions, access guards."""
