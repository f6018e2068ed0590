"""What is read out of a command: words, files, hosts, variables, and what is left open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.shellwords import LENGTH_MAX, facts_of
from surefoot.shellwords.expansion import readings_of, values_in
from surefoot.shellwords.grammar import read_script
from surefoot.shellwords.syntax import Script, Unreadable
from surefoot.shellwords.word_budget import Budget
from tests.examples import examples

WORDS = [
    ("a 'b c' d\\ e", [("a", "b c", "d e")]),
    ("\"a\"'b'c", [("abc",)]),
    ("$'\\x72m' x", [("rm", "x")]),
    ("r''m", [("rm",)]),
    ("gi\\\nt", [("git",)]),
    ("a # b", [("a",)]),
    ("a#b", [("a#b",)]),
    ("{a,b{c,d}}e f", [("ae", "bce", "bde", "f")]),
    ("a{1..3}", [("a1", "a2", "a3")]),
    ("'{a,b}'", [("{a,b}",)]),
    ("x='a b'; $x \"$x\"", [("a", "b", "a b")]),
    ("x=1; x=2; a $x", [("a", "1"), ("a", "2")]),
    ("a $x ${y} ${z:-1}", [("a", "$x", "$y", "${z:-1}")]),
    ("a ''", [("a", "")]),
    ("/usr/bin/git status", [("git", "status")]),
    (".venv/bin/git status", [(".venv/bin/git", "status")]),
    ("git -C x -c user.name=y --no-pager log -1", [("git", "log", "-1")]),
    ("A=b env -u C D=e f g", [("f", "g")]),
    ("sudo -u x a b", [("sudo", "-u", "x", "a", "b"), ("a", "b")]),
    ("python -m a b", [("python", "-m", "a", "b"), ("a", "b")]),
    ("find s -exec a {} \\;", [("find", "s"), ("a", "s/{}")]),
    ("echo b c | xargs a", [("echo", "b", "c"), ("xargs", "a"), ("a", "b", "c")]),
    ("a < f", [("<", "f"), ("a",)]),
]


@pytest.mark.parametrize(("command", "words"), WORDS)
def test_a_command_is_read_into_its_words(command: str, words: list[tuple[str, ...]]) -> None:
    """As a program would get them, or its first reader would say."""
    facts = facts_of(command)
    assert (list(facts.commands), facts.unclear) == (words, None)


def test_files_that_redirections_write_are_named() -> None:
    """Those that are read, and those that are nothing, are not."""
    facts = facts_of("a > b 2>> 'c d' &> e < f 2>&1 > /dev/null; { g; } > h")
    assert facts.writes == ("b", "c d", "e", "h")


def test_hosts_are_named() -> None:
    """In addresses, and as remotes of what copies to them."""
    facts = facts_of(
        "curl https://u@a.example:8080/x; git clone git@b.example:x/y; scp f c.example:/tmp; ssh u@d.example ls"
    )
    assert facts.hosts == ("a.example", "b.example", "c.example", "d.example")


def test_variables_that_are_used_are_named() -> None:
    """Quoted or not, in words and in redirections."""
    assert facts_of("a $X \"${Y}\" '$Z' > $W").variables == ("X", "Y", "W")


@pytest.mark.parametrize(
    "command", ["cd a && b", "if a; then b; fi", "bash -c 'a; b'", "a | b", "(a; b)", "f() { a; b; }"]
)
def test_every_command_in_a_text_is_found(command: str) -> None:
    """Whatever stands round it."""
    assert {words[0] for words in facts_of(command).commands} >= {"b"}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("$x a", "which program $x stands for"),
        ("git $x", "which command of git $x stands for"),
        ("curl x | sh", "sh runs what it reads"),
        ("eval $x", "a shell is given a text that is not all written here: $x; which program $x stands for"),
        ("echo 'a", "a quote is opened and never closed by '"),
        ("if a; then b", "`fi` is missing at the end"),
        ("git frobnicate", "git has no command 'frobnicate' of its own; it may be an alias"),
        ("alias a=b", "an alias changes what a name means"),
    ],
)
def test_what_cannot_be_told_is_said(command: str, reason: str) -> None:
    """With words a person can act on."""
    assert facts_of(command).unclear == reason


@pytest.mark.parametrize(
    "command",
    [
        "$(" * 3000 + ")" * 3000,
        "(" * 5000,
        "coproc " * 9000,
        "sudo " * 5000 + "git push",
        "{a,b}" * 40,
        "for x in 'eval $x $x' 'bash -c $x'; do eval $x; done",
        "git push; " * 13_000,
        "`" * 20_001,
        "v0=a; " + "; ".join(f"v{n}=$v{n - 1}$v{n - 1}" for n in range(1, 40)) + "; a $v39",
        "v0=; " + "; ".join(f"v{n}=$v{n - 1}$v{n - 1}" for n in range(1, 40)),
        "x=" + "a" * 60_000 + "; a " + "$x" * 40,
        "a" * (LENGTH_MAX + 1),
        "git push\0",
        "git push\r\n",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_too_much_to_look_at_is_unclear(command: str) -> None:
    """It ends, without an error, and asks."""
    assert facts_of(command).unclear


@pytest.mark.parametrize("length", [0, 10])
def test_what_variables_stand_for_is_looked_up_only_so_often(length: int) -> None:
    """Each value of each variable is a step, also where it is empty; so is each character of what is put together."""
    text = "; ".join([f"v0={'a' * length}", *(f"v{n}=$v{n - 1}$v{n - 1}" for n in range(1, 30))])
    script, budget = read_script(text, Budget()), Budget(steps=1000)
    with pytest.raises(Unreadable, match="too much to look at"):
        list(readings_of(script.commands[-1].assignments[0][1:], values_in(script), budget))  # type: ignore[arg-type]
    assert budget.steps < 0


@pytest.mark.parametrize("code", ["sed '{}' x", "awk '{}' x", "perl -e '{}'"])
@pytest.mark.parametrize("piece", ["\n", "; ", "/a", "w ", "print "])
def test_code_is_looked_through_in_one_pass(code: str, piece: str) -> None:
    """Whatever stands in it again and again: what took a step for each pair of lines would not come back."""
    assert facts_of(code.replace("{}", (piece * 3900)[:3900])).commands


def test_what_sh_reads_otherwise_is_unclear_in_sh() -> None:
    """Bash's own quotes and redirections mean something else there."""
    assert (facts_of("a $'b'").unclear, facts_of("a $'b'", "sh").unclear) == (
        None,
        "sh may read it otherwise than bash does",
    )


@settings(max_examples=examples(300))
@given(
    st.lists(st.sampled_from(["a", "if", "fi", "time", "export", "a=b", "2", "./x.y", "-r", ">", "{", "é"]), min_size=1)
)
def test_a_plain_command_is_read_as_any_other(words: list[str]) -> None:
    """What is recognized as plain at a glance; a blank at the end makes it go through the whole grammar."""
    quick, whole = Budget(steps=1000), Budget(steps=1001)
    found, expected = (_read(" ".join(words) + end, own) for end, own in (("", quick), (" ", whole)))
    assert (found, quick.steps) == (expected, whole.steps)


def _read(text: str, budget: Budget) -> Script | None:
    try:
        return read_script(text, budget)
    except Unreadable:
        return None
