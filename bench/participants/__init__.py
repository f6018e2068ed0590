"""Who is measured: one module each, with the same three pieces of work.

Owns how each participant is asked to do them, at its own best documented setting that syncs before the next step. Must
never time anything but the work: what a participant sets up first is its own affair. Read `bench.cell` next.
"""
