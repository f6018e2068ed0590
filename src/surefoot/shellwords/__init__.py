"""What a shell command does, as far as its text tells.

Owns the way from a command's text to its simple commands, files, hosts and variables. What the text does not tell is
reported as unclear. Read `surefoot.shellwords.command_facts` for the search, `surefoot.core.policy` for what becomes of
the facts.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from surefoot.core.policy_types import CommandFacts
from surefoot.shellwords.command_facts import ONLY_BASH, facts_in
from surefoot.shellwords.word_budget import Budget

LENGTH_MAX = 131_071
"""The longest text that Linux hands to a shell as one argument; a longer one could not be run."""


@lru_cache(maxsize=1024)  # a text is read by check, at the start, at each checkpoint and for what is shown
def facts_of(command: str, shell: str = "bash") -> CommandFacts:
    """Return what the command does when the shell (`bash` or `sh`) is given it.

    Whatever the text holds there is an answer: what cannot be read is `unclear`, with the reason.
    """
    if len(command) > LENGTH_MAX:
        return CommandFacts(unclear=f"it is longer than the {LENGTH_MAX} characters that a shell can be given")
    if "\0" in command or "\r" in command:
        return CommandFacts(unclear="it holds characters that no shell command has: a NUL or a carriage return")
    try:
        facts = facts_in(command, Budget())
    except RecursionError:
        return CommandFacts(unclear="it nests too deeply to be looked at from here")
    if shell != "bash" and facts.unclear is None and ONLY_BASH.search(command):
        return replace(facts, unclear=f"{shell} may read it otherwise than bash does")
    return facts


def facts_with(command: str, env: Mapping[str, str], shell: str = "bash") -> CommandFacts:
    """Return what the command does when it is given these variables, as far as it names them."""
    return facts_given(command, {name: value for name, value in env.items() if name in command}, shell)


def facts_given(command: str, env: Mapping[str, str], shell: str = "bash") -> CommandFacts:
    """Return what the command does when it is given these variables; some decide what runs though it names none."""
    known = "".join(f"{name}={shlex.quote(value)}\n" for name, value in env.items())
    return facts_of(f"{known}{command}", shell)
