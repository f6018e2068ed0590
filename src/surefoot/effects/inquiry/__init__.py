"""The effect `inquiry`."""
