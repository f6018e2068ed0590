"""Drills: scripted agents that go wrong on purpose, run against a person's own settings.

`drill_file` reads them, `rehearsal` runs one in a scratch repository, `judgement` says from the journal and the tree
what came of it. No word of the agent counts.
"""
