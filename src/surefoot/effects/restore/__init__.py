"""A lane is put back to its checkpoint."""
