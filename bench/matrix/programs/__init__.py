"""What a user of each library would write for the flows of the cases: one program a system.

Owns programs that are copied into the folder of a trial and started there, alone: they import nothing of ours. Read
`bench.matrix.systems` for how they are started.
"""
