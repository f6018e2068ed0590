"""The effect `inspection`."""
