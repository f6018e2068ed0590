"""Two lists of commands: what must ask, in every disguise, and what must not, because it is everyday work."""

from __future__ import annotations

import subprocess

import pytest

from surefoot.core.policy_types import Tier
from surefoot.shellwords import facts_of
from tests.shellwords.corpus import commands_in, weighed

DANGEROUS, EVERYDAY = commands_in("dangerous.txt"), commands_in("everyday.txt")
UNREADABLE = ['git push "', "echo $(git push", "if true; then git push", "git push )", "'unclosed"]


@pytest.mark.parametrize("command", DANGEROUS)
def test_what_is_dangerous_asks_in_every_disguise(command: str) -> None:
    """Or does not happen at all."""
    assert weighed(command).tier in {Tier.CONFIRM, Tier.NEVER}


@pytest.mark.parametrize("command", EVERYDAY)
def test_everyday_work_does_not_ask(command: str) -> None:
    """A person who is asked for nothing answers without looking."""
    assert (weighed(command).tier, facts_of(command).unclear) == (Tier.LOG, None)


def test_the_lists_are_long_enough_to_mean_something() -> None:
    """And no command stands in both, or twice in one."""
    assert (len(set(DANGEROUS)) > 300, len(set(EVERYDAY)) > 400) == (True, True)
    assert len({*DANGEROUS, *EVERYDAY}) == len(DANGEROUS) + len(EVERYDAY)


@pytest.mark.parametrize("command", sorted({*DANGEROUS, *EVERYDAY} - set(UNREADABLE)))
def test_what_bash_reads_is_readable(command: str) -> None:
    """Both agree that it is a command; `bash -n` runs nothing."""
    refused = subprocess.run(["bash", "-n", "-c", command], check=False, capture_output=True).returncode != 0
    assert (refused, "stands where no command can begin" in (facts_of(command).unclear or "")) == (False, False)


@pytest.mark.parametrize("command", UNREADABLE)
def test_what_bash_refuses_is_unclear(command: str) -> None:
    """A text that is cut off may become anything."""
    refused = subprocess.run(["bash", "-n", "-c", command], check=False, capture_output=True).returncode != 0
    assert (refused, facts_of(command).unclear is None) == (True, False)
