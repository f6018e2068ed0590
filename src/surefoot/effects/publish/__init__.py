"""The effect `publish`."""
