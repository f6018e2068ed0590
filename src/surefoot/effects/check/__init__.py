"""A check is asked."""
