"""The crash-and-approval matrix: the same kills and answers for Surefoot and its peers; `make matrix` runs it.

Read `bench.matrix.cases` for what is done, `bench.matrix.systems` for whom.
"""
