"""The effect `lane`."""
