"""Services are started and stopped."""
