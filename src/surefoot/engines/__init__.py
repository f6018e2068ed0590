"""Engines: the loop that journals, decides and dispatches for one run.

Owns the claim on a run while it works on it. Must never know a workspace, a sandbox or a check: workers do.
"""
