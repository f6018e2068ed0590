"""Engines: the loop that owns a run's effects: journal, decide, dispatch.

Owns the claim on a run while it works on it. Must never know a workspace, a sandbox or a check: workers do.
"""
