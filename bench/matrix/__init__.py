"""The crash-and-approval matrix: the same kills and answers for Surefoot and its peers; `make matrix` runs it.

Owns the cases, the programs that a user of each system would write, and the page made from what was counted. Must never
be imported by Surefoot itself, nor let a system say for itself what it did: effects are lines in a ledger outside.
Read `bench.matrix.cases` for what is done, `bench.matrix.systems` for whom.
"""
