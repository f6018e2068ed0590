"""The effect `candidate`."""
