"""The effect `model_request`."""
