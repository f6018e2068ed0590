"""The effect `look`."""
