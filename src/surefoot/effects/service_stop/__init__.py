"""A service is stopped."""
