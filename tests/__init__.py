"""What Intake promises, proved."""
