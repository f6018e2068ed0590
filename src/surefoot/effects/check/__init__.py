"""The effect `check`."""
