"""The effect `probe`."""
