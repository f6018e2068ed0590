"""The pure core: plan, events, state, kernel, report.

Owns every decision.
"""
