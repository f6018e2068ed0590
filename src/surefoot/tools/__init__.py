"""Tools: what an agent can do in its lane, each with its schema, carried out with care.

Owns how each tool of `surefoot.core.toolbox` is described to models, judged by its arguments, and carried out. Must
never decide who may call it: the kernel does. Read `surefoot.core.toolbox` first.
"""
