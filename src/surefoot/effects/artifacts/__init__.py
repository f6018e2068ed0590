"""The effect `artifacts`."""
