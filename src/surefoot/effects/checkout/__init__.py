"""A tree is checked out in a lane."""
