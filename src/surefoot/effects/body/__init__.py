"""The effect `body`."""
