"""Commands run confined, under a guard that ends them whole.

Owns everything between "run this" and "it ended so": rung, mounts, environment, guard, output, left-overs. Must never
decide whether a command may run, nor know runs or steps.
"""

from surefoot.sandbox.ancestry import step_above
from surefoot.sandbox.confined_command import run_command
from surefoot.sandbox.environment import certificate_environment, command_environment, network_environment
from surefoot.sandbox.isolation import detect_rung, rung_detail
from surefoot.sandbox.lane_network import LaneNetwork, open_network
from surefoot.sandbox.orphans import mark_prefix_of, sweep
from surefoot.sandbox.places import NAMED_BY, hidden_places, home_of, secret_places
from surefoot.sandbox.spec import CommandResult, CommandSpec, Rung

__all__ = [
    "NAMED_BY",
    "CommandResult",
    "CommandSpec",
    "LaneNetwork",
    "Rung",
    "certificate_environment",
    "command_environment",
    "detect_rung",
    "hidden_places",
    "home_of",
    "mark_prefix_of",
    "network_environment",
    "open_network",
    "run_command",
    "rung_detail",
    "secret_places",
    "step_above",
    "sweep",
]
