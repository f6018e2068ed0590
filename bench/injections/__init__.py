"""Texts that ask for what nobody approved, obeyed to the letter: what of it reaches the world outside, on each rung."""
