"""The effect `restore`."""
