"""The effect `checkout`."""
