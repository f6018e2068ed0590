"""How much is sent to a model over a whole run, and what of it is still within its reach.

`python -m bench.context FOLDER` replays real trajectories of agents. Owns the benchmark of briefs; no part of the
package. Must never keep a trajectory. Read `bench.context.replaying` next.
"""
