"""What a user of each library would write for the flows of the cases: one program a system.

Read `bench.matrix.systems` for how they are started.
"""
