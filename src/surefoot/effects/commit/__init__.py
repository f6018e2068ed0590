"""A result is written as a commit."""
