"""Faulty functions, each to be repaired by an agent step that does not see all of its tests."""
