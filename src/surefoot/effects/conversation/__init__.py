"""The effect `conversation`."""
