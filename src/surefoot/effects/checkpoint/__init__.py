"""The effect `checkpoint`."""
