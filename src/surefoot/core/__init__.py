"""The pure core: plan, events, state, kernel, report.

Owns every decision. Must never touch a clock, a file, a thread or a library.
"""
