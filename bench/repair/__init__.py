"""Faulty functions, each to be repaired by an agent step that does not see all of its tests.

Owns the benchmark `python -m bench.repair`. Must never keep the cases, which are others' work. Read
`bench.repair.cases` next.
"""
