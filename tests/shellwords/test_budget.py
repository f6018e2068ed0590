"""No command takes more to read than a number of steps: what is done without counting is found here.

Read `test_reading.py` for what is read.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surefoot.shellwords.command_facts import facts_in
from surefoot.shellwords.word_budget import STEPS_MAX, Budget
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from surefoot.core.policy_types import CommandFacts

LINES_A_STEP = 5
"""So many lines of Python are executed for one step, on the whole."""
LINES_AT_FIRST = 4_000
WRAPPED = [
    "$(%s)", "`%s`", '"%s"', "'%s'", "{%s,%s}", "{%s}", "(%s)", "{ %s; }", "f() { %s; }", "f() { f|%s; }", "a=%s; $a$a",
    "b=$a$a; c=$b$b; %s", "A=%s; A=$A", "a=(%s)", "for a in %s %s; do %s; done", "case %s in %s) %s;; esac", "[[ %s ]]",
    "if %s; then %s; fi", "cat <<E\n%s\nE\n", "bash <<'E'\n%s\nE\n", "(( %s ))", "$(( %s ))", "${a:-%s}", "${a[%s]=b}",
    "eval %s", "eval '%s'", "bash -c '%s'", "sudo --x %s", "env --a --b %s", "A=b env %s", "xargs %s", "%s | xargs %s",
    "find . -exec %s ;", "git -c alias.a='!%s' a", "uv --x run %s", "alias a='%s'", "trap '%s' EXIT", "IFS=x; %s",
    "export A='%s'", "read %s", "a > %s", "a >(%s)", "awk '%s'", "sed '%s'", "python -c '%s'", "perl -e '%s'", "%s%s",
    "%s; %s", "%s %s", "%s|%s", "\\\n%s", "su -c '%s'", "tar -I '%s'", "docker run %s", "timeout --x 1 %s",
]  # fmt: skip
LEAVES = [
    "a",
    "b c",
    "$a",
    "$a$b",
    "{1..9}",
    "$'\\x41'",
    "x=1",
    "*",
    "print",
    "s/a/b/w c",
    "<(a)",
    "--x",
    "#",
    "\\",
    "[",
]


def repeated(form: str, inner: str, times: int) -> str:
    """Return the form round what stands within it, so many times."""
    return (form.replace("%s", inner) + " ") * times


COMMANDS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.builds(repeated, st.sampled_from(WRAPPED), inner, st.integers(1, 9)),
    max_leaves=12,
).map(lambda text: text[:3_000])


def counted(read: Callable[[], CommandFacts]) -> tuple[CommandFacts, int]:
    """Return what reading gives, and how many lines of Python it took."""
    lines = 0

    def count(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)  # type: ignore[arg-type]
    try:
        return read(), lines
    finally:
        sys.settrace(before)


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """Do beforehand what a program does once: load modules and compile expressions."""
    for form in WRAPPED:
        for leaf in LEAVES:
            facts_in(form.replace("%s", leaf), Budget())


@given(COMMANDS)
@example("$(" + "$(a) " * 590)  # it is broken off before a command of it is looked at
@settings(max_examples=examples(60), deadline=None)
def test_no_command_takes_more_than_its_steps(command: str) -> None:
    """Whatever is nested, repeated or expanded: each line that is executed again is paid for by a step."""
    budget = Budget()
    facts, lines = counted(lambda: facts_in(command, budget))
    steps = STEPS_MAX - budget.steps
    assert lines <= LINES_AT_FIRST + LINES_A_STEP * steps
    assert sum(len(word) for words in facts.commands for word in words) <= steps


@pytest.mark.parametrize(
    "command",
    ["sudo --x " * 7_000 + "ls", "echo " + "{1..500} " * 4_000, "echo " + "${a[}" * 26_000],
    ids=["options", "braces", "indexes"],
)
def test_what_takes_more_steps_than_there_are_is_unclear(command: str) -> None:
    """Each of these took minutes: readings of unknown options, expanded braces, an index that does not end."""
    assert facts_in(command, Budget()).unclear == "it stands for too much to look at"


@pytest.mark.parametrize("text", ["ls -l\n", "echo 'it is' \"$HOME\" > a.txt\n", "if test -e a; then git status; fi\n"])
def test_long_scripts_are_read_whole(text: str) -> None:
    """In here-documents, and as commands as many as are looked at."""
    budget = Budget()
    written = f"cat > a.sh <<'EOF'\n{text * (100_000 // len(text))}EOF\n"
    assert facts_in(written, budget).unclear is None
    assert facts_in(text * 1_000, Budget()).unclear is None
    assert budget.steps > STEPS_MAX // 2
