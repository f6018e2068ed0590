"""The branch follows the journal."""
