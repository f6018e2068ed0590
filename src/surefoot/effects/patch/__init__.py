"""A result is made what a patch says."""
