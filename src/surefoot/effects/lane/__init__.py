"""A lane is made usable."""
