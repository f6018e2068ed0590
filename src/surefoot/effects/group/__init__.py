"""The effect `group`."""
