"""A lane is put to the head of the run branch."""
