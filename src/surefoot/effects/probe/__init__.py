"""The world is asked whether an effect is there."""
