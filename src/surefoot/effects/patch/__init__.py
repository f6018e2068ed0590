"""The effect `patch`."""
