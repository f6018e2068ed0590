"""Whether what an agent says is what the journal has."""

from __future__ import annotations

import time
from typing import Any

import pytest

from surefoot.core.agent_types import Claim, Role, Statement
from surefoot.core.claim_check import symbols_in, ungrounded, unproven
from surefoot.core.conversation import Conversation, Turn
from tests.core.conversations import finished, turn

EDIT = finished("edit", summary="edit src/a.py", changed=("src/a.py",))
DOCS = finished("edit", summary="edit README.md", changed=("README.md",))
READ = finished("read", summary="read src/a.py")


def ran(command: str, exit_code: int = 0, **fields: Any) -> dict[str, Any]:
    """Say that a command was run."""
    return finished("run", "output", command=command, exit_code=exit_code, ok=exit_code == 0, **fields)


def conversation(*calls: dict[str, Any]) -> Conversation:
    """Make a conversation with one call a turn, so that calls are 1.1, 2.1, 3.1."""
    turns: list[Turn] = [turn(number, call) for number, call in enumerate(calls, 1)]
    return Conversation(role=Role.WORKER, turns=turns)


def problems(
    said: str, *calls: dict[str, Any], evidence: str = "", changed: tuple[str, ...] = ("src/a.py",)
) -> list[str]:
    """Return what is wrong with one statement."""
    claim = Claim(summary="", statements=(Statement(text=said, evidence=evidence),))
    return list(ungrounded(claim, conversation(*calls), changed))


def remarks(said: str, *calls: dict[str, Any], evidence: str = "") -> list[str]:
    """Return what is not shown of one statement."""
    return list(
        unproven(Claim(summary="", statements=(Statement(text=said, evidence=evidence),)), conversation(*calls))
    )


_PASS = (
    "all tests pass",
    "All tests pass.",
    "The test suite is green",
    "Tests passed in 3.2 s",
    "pytest succeeds",
    "All 42 unit tests are passing now",
    "the tests in tests/test_a.py pass successfully",
)


@pytest.mark.parametrize("said", _PASS)
def test_tests_that_were_never_run_do_not_pass(said: str) -> None:
    """What weak models say most often."""
    assert "no command that runs tests was run" in problems(said, EDIT)[0]


@pytest.mark.parametrize("said", _PASS)
def test_tests_that_were_run_after_the_last_change_pass(said: str) -> None:
    """The journal has the command and its exit status."""
    assert not problems(said, EDIT, ran("python -m pytest -q"))


@pytest.mark.parametrize(
    "command",
    [
        "pytest",
        "cd sub && PYTHONPATH=src pytest -x",
        ".venv/bin/pytest -q | tail -5",
        "python -m unittest discover",
        "python3.12 -m pytest",
        "uv run pytest",
        "timeout 60 tox -e py311",
        "npm test",
        "npm run test:unit",
        "cargo test --all",
        "go test ./...",
        "make check",
        "python tests/test_a.py",
        "python runtests.py",
        "./run_tests.sh",
        "bash scripts/test.sh",
        "bin/test src/a",
        "cd tests && ../tests/runtests.py a_tests",
        "python3 -c 'import a; a.test()'",
    ],
)
def test_commands_that_run_tests_are_known(command: str) -> None:
    """However they are called."""
    assert not problems("all tests pass", EDIT, ran(command))


@pytest.mark.parametrize(
    "command",
    ["echo pytest", "cat tests/out.txt", "ls", "pip install pytest", "grep -rn pytest .", "test -f a.py", "ls tests/"],
)
def test_a_command_that_only_names_tests_does_not_run_them(command: str) -> None:
    """Words are no evidence."""
    assert problems("all tests pass", EDIT, ran(command))


def test_tests_that_failed_last_do_not_pass() -> None:
    """An earlier success does not help."""
    (said,) = problems("all tests pass", ran("pytest"), EDIT, ran("pytest -q", 1))
    assert said == (
        "it says 'all tests pass', and the last command that runs tests (3.1: pytest -q) ended with exit status 1"
    )


def test_tests_that_passed_before_the_last_change_do_not_count() -> None:
    """What was changed afterwards was not tested."""
    (said,) = problems("all tests pass", ran("pytest"), EDIT)
    assert "files were changed (2.1: edit src/a.py)" in said


def test_prose_that_was_changed_afterwards_does_not_matter() -> None:
    """A line in the README breaks no test."""
    assert not problems("all tests pass", EDIT, ran("pytest"), DOCS, changed=("src/a.py", "README.md"))


def test_files_that_the_tests_themselves_write_do_not_matter() -> None:
    """The command that proves may leave something behind."""
    assert not problems("all tests pass", EDIT, ran("pytest", changed=("snapshot.json",)))


def test_a_command_of_unknown_kind_counts_where_it_is_named() -> None:
    """Projects have test commands of their own."""
    assert not problems("all tests pass", EDIT, ran("./verify"), evidence="2.1")


@pytest.mark.parametrize(
    "said",
    [
        "3 of 5 tests pass",
        "12/14 tests pass",
        "the tests should pass",
        "tests would pass once the fixture is there",
        "all tests pass except test_slow",
        "most tests pass",
        "the tests did not pass before",
        "tests that failed now pass the parser",
        "tests pass the new argument to foo()",
        "I added tests so that a regression is noticed",
        "Tests cover the passing of arguments",
        "The function passes its result on",
        "I could not run the tests",
        "no tests are red",
        "The code is easier to test and to read",
        "I ran into a problem with the test data",
        "All tests that exist for this were left as they are",
        "Now I run the tests to confirm that all of them pass",
        "Why did the tests pass before?",
        "I ran `mkdir tests` first",
        "The test passed, the one that is marked as flaky",
    ],
)
def test_what_is_no_clear_claim_about_tests_is_no_problem(said: str) -> None:
    """A false alarm costs more than a miss."""
    assert not problems(said, EDIT)


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("the linter is clean", "ruff check ."),
        ("flake8 shows no errors", "flake8 src"),
        ("mypy passes", "python -m mypy src"),
        ("Type checks pass", "npx tsc --noEmit"),
    ],
)
def test_lint_and_types_are_held_against_their_own_commands(said: str, command: str) -> None:
    """A test run shows nothing about them."""
    assert problems(said, EDIT, ran("pytest"))
    assert not problems(said, EDIT, ran(command))


@pytest.mark.parametrize("said", ["I ran the tests", "I have run the linter over it", "We also ran mypy"])
def test_what_was_never_run_was_not_run(said: str) -> None:
    """A command leaves a trace, whatever came of it."""
    assert "was run" in problems(said, EDIT)[0]


def test_to_have_run_something_says_nothing_of_how_it_ended() -> None:
    """A failed run is a run."""
    assert not problems("I ran the tests", ran("pytest", 1))


def test_what_the_summary_says_is_held_against_the_journal_too() -> None:
    """Agents say it there, and give no statements at all."""
    claim = Claim(summary="I fixed the bug. All tests pass!")
    assert "'All tests pass!'" in ungrounded(claim, conversation(EDIT), ("src/a.py",))[0]


def test_a_call_that_does_not_exist_is_no_evidence() -> None:
    """Weak models make numbers up."""
    assert problems("the parser is fixed", EDIT, evidence="7.3") == [
        "it says 'the parser is fixed' on the evidence of call 7.3, and there was no such call"
    ]


def test_a_call_that_failed_is_no_evidence() -> None:
    """What ended with an error does not show that something holds."""
    assert "exit status 1" in problems("the parser works", ran("python a.py", 1), evidence="call 1.1")[0]
    assert (
        "failed: output" in problems("the parser works", {**ran(""), "ok": False, "exit_code": None}, evidence="1.1")[0]
    )


@pytest.mark.parametrize("said", ["the bug is reproduced", "test_a failed before the change", "the import is missing"])
def test_a_failure_may_be_evidence_for_a_failure(said: str) -> None:
    """That something does not work is shown by its not working."""
    assert not problems(said, ran("pytest", 1), evidence="1.1")


@pytest.mark.parametrize("path", ["src/a.py", "./src/a.py", "a.py", "/lane/src/a.py", "src/"])
def test_a_changed_file_is_known_however_it_is_written(path: str) -> None:
    """Paths come with and without their folders."""
    assert not ungrounded(Claim(summary="", changed=(path,)), conversation(EDIT), ("src/a.py",))


def test_a_file_nobody_changed_was_not_changed() -> None:
    """The list of changed files is compared with what really differs."""
    found = ungrounded(Claim(summary="", changed=("src/b.py",)), conversation(EDIT), ("src/a.py",))
    assert found == ("it says that src/b.py was changed, and no call has changed it",)


def test_a_file_that_is_as_it_was_was_not_changed() -> None:
    """Changed and changed back is not changed."""
    (said,) = ungrounded(Claim(summary="", changed=("src/a.py",)), conversation(EDIT), ())
    assert said.endswith("in the end the file is as it was")


def test_a_file_that_a_command_names_may_have_been_changed() -> None:
    """Files that git ignores are not among those that differ."""
    assert not ungrounded(Claim(summary="", changed=("dist/a.whl",)), conversation(ran("build -o dist/a.whl")), ())


@pytest.mark.parametrize("said", ["Created tests/test_b.py", "I added a new file `src/b.py`.", "src/b.py was created"])
def test_a_file_nobody_made_was_not_made(said: str) -> None:
    """A file that is said to be new and that no call names."""
    assert "no call has made" in problems(said, EDIT)[0]


def test_a_file_that_only_the_claim_itself_names_was_not_made() -> None:
    """The call that ends the work holds the claim, and is no proof of it."""
    end = finished("finish", "The step is done.", summary="finish I created src/done.py.")
    assert "no call has made src/done.py" in problems("I created src/done.py.", EDIT, end)[0]


@pytest.mark.parametrize(
    "said", ["Created src/a.py", "I added a.py", "Added 3.5 seconds", "added e.g. a check", "wrote it in Python 3.11"]
)
def test_a_file_that_is_there_was_made(said: str) -> None:
    """And what is no file is none."""
    assert not problems(said, EDIT)


def test_who_gives_up_claims_nothing() -> None:
    """It has said that the step cannot be done."""
    assert not ungrounded(Claim(summary="All tests pass.", gives_up=True), conversation(), ())


def test_a_statement_without_evidence_is_unproven() -> None:
    """No problem, but a remark."""
    assert remarks("the parser handles tabs", EDIT) == [
        "it says 'the parser handles tabs' and names no call that shows it"
    ]


def test_a_statement_with_evidence_needs_no_remark() -> None:
    """The call is there for anybody to read."""
    assert not remarks("the parser handles tabs", EDIT, ran("python a.py"), evidence="2.1")
    assert not remarks("all tests pass", EDIT, ran("pytest"))


@pytest.mark.parametrize("command", ["pytest || true", "pytest; true", "set +e; pytest"])
def test_a_command_whose_exit_status_says_nothing_is_weak_proof(command: str) -> None:
    """It ended well because it cannot end otherwise."""
    assert "says nothing" in remarks("all tests pass", EDIT, ran(command))[0]


@pytest.mark.parametrize(
    "command", ["pytest tests/test_a.py", "pytest -k parser", "python -m unittest tests.unit.test_a"]
)
def test_all_tests_are_more_than_a_part_of_them(command: str) -> None:
    """That a part passes is not what was said."""
    assert "a part of them alone" in remarks("all tests pass", EDIT, ran(command))[0]
    assert not remarks("the tests pass", EDIT, ran(command))


def test_a_call_that_does_not_exist_is_said_once() -> None:
    """It is a problem already; no remark repeats it."""
    assert not remarks("the parser is fixed", EDIT, evidence="7.3")


@pytest.mark.parametrize(
    ("said", "command"), [("all tests pass", "a/" * 2_000), ("the suite: " + "tests " * 10_000, "true")]
)
def test_no_text_of_an_agent_takes_long_to_be_held_against_the_journal(said: str, command: str) -> None:
    """The kernel does it, and nothing else goes on meanwhile; each of these took ten seconds and more."""
    before = time.process_time()
    problems(said, ran(command))
    remarks(said, ran(command))
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("I added `Cart.total()` and `tests/test_cart.py::test_total`.", ("total", "test_total")),
        ("It is covered by test_discount_is_rounded.", ("test_discount_is_rounded",)),
        ("See tests/test_cart.py and `test_cart.py`; `pytest` passes", ()),
        ("It does not use `eval()`, and `sorted()` keeps the order", ()),
        ("Ran `git commit`", ()),
    ],
)
def test_a_claim_names_functions_and_tests(said: str, names: tuple[str, ...]) -> None:
    """Where it says that something is so, and not what every program has (M82)."""
    assert symbols_in(Claim(summary=said)) == names


def test_what_is_claimed_of_a_function_that_no_file_has_is_no_claim_with_ground() -> None:
    """The other names of the claim are not told."""
    claim = Claim(summary="I added `total()`. `price()` is as before.")
    assert ungrounded(claim, conversation(EDIT), ("src/a.py",), ("total",)) == (
        "it says 'I added `total()`.', and no file has total",
    )
