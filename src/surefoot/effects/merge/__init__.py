"""The effect `merge`."""
