"""What bash really runs is what was read out of the command.

Takes about ten seconds.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from surefoot.shellwords import facts_of
from tests.examples import examples

Disguise = Callable[[str], str]
Words = tuple[str, ...]

RECORD = """#!/bin/sh
{ printf '%s\\037' "${0##*/}" "$@"; printf '\\036'; } >> "$RECORD/$$"
"""
STAND_INS = ("git", "rm", "curl", "twine")
REAL = ("bash", "sh", "env", "nohup", "timeout", "nice", "xargs", "cat", "stdbuf", "setsid", "true")
INNER = [
    ("git", "push", "origin", "main"),
    ("git", "push", "--force", "a b"),
    ("rm", "-rf", "/nowhere/x"),
    ("rm", "-rf", "a'b", 'c"d', "$e", "f\\g"),
    ("curl", "-d", "@x", "https://example.org/?a=b&c=d"),
    ("twine", "upload", "dist/*", "", "#x", "~", "{y,z}"),
]


def in_single_quotes(word: str) -> str:
    """Quote each word whole."""
    return "'" + word.replace("'", "'\\''") + "'"


def in_double_quotes(word: str) -> str:
    """Escape what means something there."""
    return '"' + "".join(f"\\{one}" if one in '$`"\\' else one for one in word) + '"'


def in_escapes(word: str) -> str:
    """Put a backslash before each character."""
    return "".join(f"\\{one}" for one in word) or "''"


def in_codes(word: str) -> str:
    """Write each character by its number."""
    return "$'" + "".join(f"\\x{ord(one):02x}" for one in word) + "'"


def in_halves(word: str) -> str:
    """Quote two halves in two ways."""
    return in_single_quotes(word[:1]) + in_double_quotes(word[1:])


def in_lines(word: str) -> str:
    """Let the word go on in the next line."""
    return shlex.quote(word[:1]) + "\\\n" + shlex.quote(word[1:])


QUOTES = [shlex.quote, in_single_quotes, in_double_quotes, in_escapes, in_codes, in_halves, in_lines]
PREFIXES = [
    *("", "A=b ", "env ", "env A=b ", "env -u A ", "nohup ", "timeout 9 ", "nice -n 1 ", "command ", "exec ", "time "),
    *("setsid -w ", "stdbuf -oL ", "! ", "true | ", "echo | xargs -I^^ ", "> out ", "2>&1 "),
]
ROUND = [
    *(
        "{}",
        "true && {}",
        "true; {}",
        "false || {}",
        "{{ {}\n}} &\nwait",
        "( {} )",
        "{{ {}\n}}",
        "if {}\nthen :; fi",
        "true\n{}",
    ),
    *("if true; then {}\nfi", "for i in 1; do {}\ndone", "while {}\ndo break; done", "case x in (x) {}\n;; esac"),
    *("echo $({}\n)", 'echo "$({}\n)"', "x=$({}\n)", "cat <({}\n)"),
    *(
        "echo ${{x:-$({}\n)}}",
        "trap : EXIT; {}",
        ": # '\n{}",
        "coproc {{ {}\n}}; wait",
        "[[ $({}\n) ]]",
    ),
    *("a=(1 $({}\n))", "echo $((1 + $({}\n)0))", "true |& {}", "until {}\ndo break; done", "! {}", "echo {{a,b}} | {}"),
]


def to_a_shell(text: str) -> str:
    """Give the text to a shell as an argument."""
    return f"bash -c {in_single_quotes(text)}"


def to_a_posix_shell(text: str) -> str:
    """Give the text to another shell, by another one."""
    return f"sh -c {in_single_quotes(to_a_shell(text))}"


def to_eval(text: str) -> str:
    """Have it evaluated."""
    return f"eval {in_single_quotes(text)}"


def to_input(text: str) -> str:
    """Feed it to a shell."""
    end = f"END{len(text)}"  # within itself, the first end would be the end of all
    return f"bash <<'{end}'\n{text}\n{end}\n"


def to_a_text(text: str) -> str:
    """Substitute it in a text that is fed to something harmless."""
    return f"cat <<END{len(text)}\n$({text}\n)\nEND{len(text)}\n"


def to_a_variable(text: str) -> str:
    """Keep it in a variable first, of another name than those within: else it could evaluate itself without end."""
    name = f"x{len(text)}"
    return f'{name}={in_single_quotes(text)}; eval "${name}"'


def to_a_function(text: str) -> str:
    """Put it into a function, of another name than those within."""
    name = f"f{len(text)}"
    return f"{name}() {{ {text}\n}}; {name}"


def to_a_named_function(text: str) -> str:
    """Do the same by the word that only bash knows."""
    name = f"f{len(text)}"
    return f"function {name} {{ {text}\n}}; {name}"


def to_backticks(text: str) -> str:
    """Substitute it in the old way."""
    return "echo `" + text.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$") + "\n`"


GIVEN: list[Disguise] = [to_a_shell, to_a_posix_shell, to_eval, to_input, to_a_text, to_a_variable, to_backticks]
GIVEN += [to_a_function, to_a_named_function]


@st.composite
def disguised(draw: st.DrawFn) -> tuple[Words, str]:
    """Return a command and a text that runs it."""
    words = draw(st.sampled_from(INNER))
    text = draw(st.sampled_from(PREFIXES)) + " ".join(draw(st.sampled_from(QUOTES))(word) for word in words)
    layers = st.sampled_from([*GIVEN, *(wrapped.format for wrapped in ROUND)])
    for layer in draw(st.lists(layers, max_size=4)):
        text = layer(text)
    return words, text


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder that is the whole PATH."""
    folder = tmp_path_factory.mktemp("stage") / "bin"
    folder.mkdir()
    for name in STAND_INS:
        (folder / name).write_text(RECORD, "utf-8")
        (folder / name).chmod(0o755)
    for name in REAL:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def what_runs(text: str, stage: Path, folder: Path) -> set[Words]:
    """Have bash run the text, and return what was started of the stand-ins."""
    records, room = folder / "records", folder / "room"
    shutil.rmtree(folder, ignore_errors=True)
    records.mkdir(parents=True)
    room.mkdir()
    variables = {
        "PATH": str(stage),
        "RECORD": str(records),
        "HOME": str(room),
        "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8"),
    }
    bash = subprocess.Popen(
        [shutil.which("bash") or "bash", "-c", text],
        env=variables,
        cwd=room,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        bash.communicate(timeout=30)
    finally:  # what it started would run on, perhaps for ever
        with suppress(ProcessLookupError):
            os.killpg(bash.pid, signal.SIGKILL)
        bash.communicate()
    lines = [line for file in records.iterdir() for line in file.read_text("utf-8").split("\036") if line]
    return {tuple(line.split("\037")[:-1]) for line in lines}


@given(disguised())
@settings(max_examples=examples(400), deadline=None)
def test_a_command_is_found_in_every_disguise(made: tuple[Words, str]) -> None:
    """Quoted, prefixed, nested and given to other shells: it comes out as it was."""
    words, text = made
    assert words in facts_of(text).commands


def found_in(text: str) -> set[Words]:
    """Return the commands that were found; what stands for too much to look at asks, and is left out here."""
    facts = facts_of(text)
    assume("too much to look at" not in (facts.unclear or ""))
    return set(facts.commands)


@given(made=disguised())
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bash_runs_nothing_that_was_not_found(made: tuple[Words, str], stage: Path, tmp_path: Path) -> None:
    """What the stand-ins were started with is among what was read."""
    assert what_runs(made[1], stage, tmp_path / "run") <= found_in(made[1])


@pytest.mark.slow
@given(made=disguised())
@settings(max_examples=examples(500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bash_runs_nothing_that_was_not_found_at_length(made: tuple[Words, str], stage: Path, tmp_path: Path) -> None:
    """The same, many times."""
    assert what_runs(made[1], stage, tmp_path / "run") <= found_in(made[1])


def test_the_stand_ins_do_record(stage: Path, tmp_path: Path) -> None:
    """Otherwise nothing would ever be run that was not found."""
    assert what_runs("true && bash -c 'git push \"a b\"'", stage, tmp_path / "run") == {("git", "push", "a b")}


@given(st.text(alphabet="ab \n\t'\"\\$`(){}[]<>|&;#!=*?~-0", max_size=40))
@settings(max_examples=examples(600), deadline=None)
def test_any_text_gets_an_answer(text: str) -> None:
    """Nothing that is written raises."""
    facts_of(text)


@given(st.text(alphabet="ab\n '\"\\$(){};|&<>", max_size=14))
@settings(max_examples=examples(60), deadline=None)
def test_what_bash_cannot_read_is_unclear(text: str) -> None:
    """Whatever bash refuses is not said to be understood."""
    refused = subprocess.run(["bash", "-n", "-c", text], check=False, capture_output=True).returncode != 0
    assert facts_of(text).unclear is not None or not refused
