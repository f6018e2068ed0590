"""The effect `mutation`."""
