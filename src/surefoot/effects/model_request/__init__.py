"""A model is asked."""
