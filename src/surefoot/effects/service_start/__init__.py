"""A service is started."""
