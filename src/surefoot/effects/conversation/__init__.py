"""An agent begins to work."""
