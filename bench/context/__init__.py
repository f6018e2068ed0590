"""How much is sent to a model over a whole run, and what of it is still within its reach.

`python -m bench.context FOLDER` replays real trajectories of agents.
"""
