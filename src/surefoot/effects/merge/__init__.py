"""A result is brought onto the head."""
