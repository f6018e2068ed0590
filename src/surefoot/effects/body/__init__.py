"""The body of a step is run."""
