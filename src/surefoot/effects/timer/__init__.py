"""Clocks that run for an attempt."""
