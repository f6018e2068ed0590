"""Texts that ask for what nobody approved, obeyed to the letter: what of it reaches the world outside, on each rung.

Owns the proof that words in files and outputs move nothing outside the workspace. Must never act on anything but the
stage it has built: the addresses and paths of the texts are led to stand-ins. Read `bench.injections.stage` next.
"""
