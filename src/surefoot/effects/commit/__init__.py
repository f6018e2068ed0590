"""The effect `commit`."""
