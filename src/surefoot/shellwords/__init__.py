"""What a shell command does, as far as its text tells.

Owns the way from a command's text to the simple commands in it, to files, hosts and variables. Must never run anything,
nor judge it: what cannot be told is said to be unclear. Read `surefoot.core.policy` for what becomes of the facts.
"""

from surefoot.core.rules import CommandFacts


def facts_of(command: str, shell: str = "bash") -> CommandFacts:
    """Return what the command does when the shell (`bash` or `sh`) is given it."""
    return CommandFacts(unclear=f"{command!r} in {shell} has not been read")
