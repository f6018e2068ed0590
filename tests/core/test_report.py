"""The report: what a person is told about a run, whatever became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.check_kinds import CommandCheck, Expect, FileCheck, TestsCheck
from surefoot.core.event_words import Ending, Finding, Severity, Status, Verdict
from surefoot.core.plan import AskBody, Check, Effect, OnFailure, Prepare
from surefoot.core.probe_kinds import PortProbe, Probe
from tests.core.test_kernel_conversations import begun, reply

BAD = Ending(status=Status.EXIT, exit_code=1)
CHECK = Check(name="c", ask=CommandCheck(command="c"))
KEPT = Check(name="kept", ask=CommandCheck(command="kept"), expect=Expect.PASS_TO_PASS)
WANTED = Check(name="wanted", ask=CommandCheck(command="wanted"), expect=Expect.FAIL_TO_PASS)
OTHER = Check(name="other", ask=CommandCheck(command="other"), expect=Expect.FAIL_TO_PASS)
SUITE = Check(name="suite", ask=TestsCheck(command="pytest"), expect=Expect.PASS_TO_PASS)
PAY: dict[str, Any] = {"effect": Effect.IRREVERSIBLE}
RUN = "20260101-aaaaaa"
NOTE = Finding(kind="note", severity=Severity.NOTE, text="look", step="a", place="p.yaml:1:1")
PASSED, FAILED, INCONCLUSIVE = Verdict


def kinds(run: Any) -> list[str]:
    """Name what the report found."""
    return [finding["kind"] for finding in run.go().report["findings"]]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        ({"findings": (NOTE,)}, ["note"]),
        ({"dirty": ("x",)}, ["dirty-checkout"]),
        ({"dirty": ("x",), "include_dirty": True}, []),
    ],
)
def test_the_report_begins_with_what_was_known_when_the_run_was_made(
    play: Any, fields: dict[str, Any], found: list[str]
) -> None:
    """What `check` said is said again, and what the run leaves out is named."""
    assert kinds(play({"a": {}}, **fields)) == found


@pytest.mark.parametrize(
    ("dirty", "said"),
    [(("x",), "1 uncommitted path of the checkout is"), (("x", "y"), "2 uncommitted paths of the checkout are")],
)
def test_the_report_counts_uncommitted_paths_in_plain_words(play: Any, dirty: tuple[str, ...], said: str) -> None:
    """One is not many."""
    [finding] = play({"a": {}}, dirty=dirty).report["findings"]
    assert finding["text"] == f"{said} not part of this run"


def test_a_finding_is_reported_whole(play: Any) -> None:
    """Programs find every field of it, as plain data."""
    run = play({"a": {}}, findings=(NOTE,))
    expected = {"kind": "note", "severity": "note", "text": "look", "step": "a", "place": "p.yaml:1:1"}
    named = {"attempt": None, "diagnosis": None, "evidence": []}
    assert run.report["findings"] == [{**expected, **named}]


@pytest.mark.parametrize(("base", "found"), [("c0", ["plain-rung"]), (None, [])])
def test_commands_without_a_sandbox_are_reported(play: Any, base: str | None, found: list[str]) -> None:
    """A run without a workspace runs no commands, so nothing is said."""
    assert kinds(play({"a": {}}, base=base).claim(rung="plain")) == found


def test_what_prepare_leaves_behind_is_reported(play: Any) -> None:
    """Files that git does not ignore and that are never committed would else be looked for in vain."""
    run = play({"a": {}}).will(do.OpenLane, "1", kept=("b.lock", "a.lock"))
    assert kinds(run) == ["prepare-not-ignored"]
    assert "prepare makes a.lock, b.lock, which git does not ignore" in run.report["findings"][0]["text"]


def test_undeclared_writes_are_reported_with_their_step(play: Any) -> None:
    """They were put back, so somebody may miss them."""
    run = play({"a": {}}).will(do.Inspect, "a", undeclared=("x",))
    assert kinds(run) == ["undeclared-writes"]
    assert (run.report["findings"][0]["step"], run.steps["a"]["undeclared_writes"]) == ("a", ["x"])


def test_rollback_points_are_the_commits_in_the_order_they_were_made(play: Any) -> None:
    """Each can be named to `restore`; a step without a commit is none."""
    run = play({"a": {}, "b": {}, "c": {}}).will(do.RunStep, "b", ending=BAD).go()
    points = [{"step": "a", "commit": "c-a"}, {"step": "c", "commit": "c-c"}]
    assert run.report["rollback_points"] == points
    assert play({"a": {}}, base=None).go().report["rollback_points"] == []


@pytest.mark.parametrize(
    ("checks", "verdicts", "notes"),
    [
        ((), {}, ["a: proved by its exit status only: no check asked about its result"]),
        ((CHECK,), {}, []),
        ((CHECK, KEPT), {"kept": [FAILED]}, ["a: check 'kept' is red-before"]),
        (
            (WANTED, OTHER),
            {"wanted": [PASSED]},
            ["a: check 'wanted' is vacuous: it passed before the step as well, so it proves nothing"],
        ),
        (
            (KEPT,),
            {"kept": [PASSED, FAILED, PASSED]},
            ["a: check 'kept' is flaky: it gave two answers for the same files, so it proves nothing"],
        ),
        ((WANTED,), {"wanted": [PASSED]}, []),
    ],
)
def test_the_report_points_at_weak_proof(play: Any, checks: Any, verdicts: Any, notes: list[str]) -> None:
    """A green step may rest on little; what has nothing to do needs no proof."""
    run = play({"a": {"checks": checks}})
    for name, answers in verdicts.items():
        for verdict in answers:
            run.will(do.AskCheck, name, verdict=verdict)
    assert run.go().report["look_at"] == notes


def test_a_step_that_was_left_before_it_was_found_to_be_done_is_not_worth_a_look(play: Any) -> None:
    """What it is there for is green already: when it is taken up again there is nothing to do."""
    run = play({"b": {"checks": (WANTED,)}}).go(do.AskCheck, "wanted").say(ev.PauseRequested)
    run.will(do.AskCheck, "wanted", verdict=PASSED)
    assert (run.go().states["b"], run.report["look_at"]) == ("pending", [])


def test_tests_with_two_answers_are_named_and_the_others_still_prove(play: Any) -> None:
    """A flaky test is left out by name, not the whole suite."""
    run = play({"a": {"checks": (SUITE,)}}).will(do.AskCheck, "suite").will(do.AskCheck, "suite", flaky=("t::x",)).go()
    [check] = run.steps["a"]["checks"]
    assert (check["flags"], check["flaky_tests"], run.steps["a"]["proof"]) == (["flaky"], ["t::x"], "checks")


def test_a_check_whose_script_was_changed_is_flagged_and_named(play: Any) -> None:
    """It still proves, for a person may have wanted the change; but nobody can miss it."""
    run = play({"a": {"checks": (CHECK,)}}).will(do.AskCheck, CHECK.name, changed_files=("look.sh",)).go()
    [check] = run.steps["a"]["checks"]
    assert (check["flags"], check["changed_files"]) == (["changed-by-step"], ["look.sh"])
    assert run.report["look_at"] == [f"a: check {CHECK.name!r} rests on look.sh, changed in this run"]


def test_a_verdict_that_is_used_again_keeps_the_files_it_rests_on(play: Any) -> None:
    """The next question is the same one, on the same tree."""
    run = play({"a": {"checks": (KEPT,)}}).will(do.AskCheck, "kept", changed_files=("look.sh",))
    run.will(do.Inspect, "a", tree="t0", changed=()).go()
    assert len(run.told(ev.VerdictReused)) == 1
    assert [check["changed_files"] for check in run.steps["a"]["checks"]] == [["look.sh"]]


def test_a_suite_that_fails_once_and_passes_then_has_passed(play: Any) -> None:
    """Tests are judged one by one, so that two answers of the whole are none of a test."""
    run = play({"a": {"checks": (SUITE,)}})
    for verdict in (PASSED, FAILED, PASSED):
        run.will(do.AskCheck, "suite", verdict=verdict)
    assert run.go().states["a"] == "verified"


@pytest.mark.parametrize(
    ("check", "verdicts", "note"),
    [
        (KEPT, [PASSED, PASSED], None),
        (KEPT, [FAILED], "acceptance check 'kept' was red before the run and was not asked again"),
        (KEPT, [PASSED, FAILED, FAILED], "acceptance check 'kept': failed"),
        (WANTED, [PASSED, PASSED], "acceptance check 'wanted' was green before the run: it proves nothing"),
        (CHECK, [INCONCLUSIVE], "acceptance check 'c': inconclusive"),
    ],
)
def test_the_report_says_what_acceptance_is_worth(
    play: Any, check: Check, verdicts: list[Verdict], note: str | None
) -> None:
    """One line for each acceptance check that does not speak for the result."""
    run = play({"a": {"checks": (OTHER,)}}, accept=(check,))
    for verdict in verdicts:
        run.will(do.AskCheck, check.name, verdict=verdict, text="it is")
    assert run.go().report["look_at"] == ([] if note is None else [note])


def test_what_ran_with_a_way_out_is_listed(play: Any) -> None:
    """Bodies and checks that had a network, a socket or no sandbox; not what has none."""
    steps = {
        "a": {"network": "loopback", "sockets": ("/run/s",), "checks": (CHECK, replace(KEPT, confine=False))},
        "b": {"confine": False},
    }
    run = play(steps, accept=(replace(OTHER, network=True),)).go()
    told = [(one["step"], one["check"], one["network"], one["sockets"], one["confined"]) for one in run.report["reach"]]
    assert told == [
        ("a", None, "loopback", ["/run/s"], True),
        ("a", "kept", False, [], False),
        ("b", None, False, [], False),
        (None, "other", True, [], True),
    ]


def test_what_never_ran_reached_nothing(play: Any) -> None:
    """A plan says what may happen, the report what did; a body that ran and failed did run."""
    run = play({"a": {"network": True}, "b": {"network": True, "needs": ("a",)}}).will(do.RunStep, "a", ending=BAD)
    assert run.report["reach"] == []
    assert [one["step"] for one in run.go().report["reach"]] == ["a"]


def test_a_prepare_with_the_network_is_listed(play: Any) -> None:
    """It makes each lane, with whatever it fetches."""
    run = play({"a": {}}, prepare=Prepare(run="make", network=True)).go()
    assert [one["said"] for one in run.report["reach"]] == ["prepare uses the network"]


@pytest.mark.parametrize(("as_root", "found"), [(True, ["as-root"]), (False, [])])
def test_a_run_as_root_is_reported(play: Any, found: list[str], *, as_root: bool) -> None:
    """Its commands are root's, too, on every rung; the engine that took over last counts."""
    run = play({"a": {}}).claim(rung="bubblewrap", as_root=not as_root)
    assert kinds(run.claim(rung="bubblewrap", as_root=as_root)) == found


@pytest.mark.parametrize(("rung", "found"), [("landlock", ["landlock-rung"]), ("bubblewrap", [])])
def test_a_rung_with_an_open_network_is_reported(play: Any, rung: str, found: list[str]) -> None:
    """Whatever the steps declare."""
    assert kinds(play({"a": {}}).claim(rung=rung)) == found


def test_calls_of_tools_are_counted_by_model_with_those_that_were_wrong(play: Any) -> None:
    """In all attempts, also once the conversation is forgotten; names that no tool has are counted as one."""
    run = reply(reply(begun(play), 1, "read", "rm", "mv"), 2, "edit", flaw="`edits` is missing")
    report = run.go().report
    counted = [(one["model"], one["tool"], one["calls"], one["misused"]) for one in report["tool_calls"]]
    assert counted == [("m", "read", 1, 0), ("m", "(unknown)", 2, 2), ("m", "edit", 1, 1), ("m", "finish", 1, 0)]


def test_outside_effects_are_listed_with_how_they_are_undone(play: Any) -> None:
    """What no restore takes back stands in the report for good."""
    run = play({"a": {**PAY, "undo": "call them"}, "b": {}}).say(ev.ApprovalsGiven, allow=("a",)).go()
    effect = {"step": "a", "effect": "irreversible", "applied": True, "undo": "call them", "command": None, "look": ""}
    effect |= {"undo_command": "", "undone": False}
    assert run.report["outside_effects"] == [effect]


@pytest.mark.parametrize(
    ("steps", "fields", "state", "command"),
    [
        ({"a": {}}, {}, "ended", f"surefoot land {RUN}"),
        ({"a": {}}, {"base": None}, "ended", f"surefoot show {RUN}"),
        ({"f": {}, "b": {"needs": ("f",)}}, {}, "ended", f"surefoot retry {RUN} f"),
        ({"f": {"on_failure": OnFailure.SKIP}}, {}, "ended", f"surefoot retry {RUN} f"),
        ({"a": PAY}, {}, "waiting", f"surefoot answer {RUN}.1 yes|no"),
        (
            {"f": {"on_failure": OnFailure.ASK}},
            {},
            "waiting",
            f"surefoot answer {RUN}.1 retry|edit|take_over|skip|block|stop",
        ),
        ({"a": {"body": AskBody(question="Which?")}}, {}, "waiting", f"surefoot answer {RUN}.1 TEXT"),
    ],
)
def test_the_report_names_the_one_command_that_goes_on(
    play: Any, steps: Any, fields: dict[str, Any], state: str, command: str
) -> None:
    """Wherever a run stands, there is one next thing to type."""
    run = play(steps, **fields).will(do.RunStep, "f", ending=BAD).go()
    assert (run.report["state"], run.report["next"]) == (state, command)


def test_a_run_under_way_or_paused_is_resumed(play: Any) -> None:
    """Also after a kill the report names what goes on."""
    run = play({"a": {}}).go(do.RunStep)
    assert (run.report["state"], run.report["next"]) == ("running", f"surefoot resume {RUN}")
    run.say(ev.PauseRequested).go()
    assert (run.report["state"], run.report["next"]) == ("paused", f"surefoot resume {RUN}")


def test_a_run_waits_for_a_person_only_once_nothing_else_can_be_done(play: Any) -> None:
    """While another step is at work or ready, the run is running."""
    run = play({"a": PAY, "b": {}}).go(do.RunStep, "b")
    assert (run.report["state"], len(run.asked)) == ("running", 1)
    assert run.go().report["state"] == "waiting"


def test_the_report_says_what_of_the_attempt_is_known_so_far(play: Any) -> None:
    """A step at work shows its checks and the failure before; a verified one has forgotten it."""
    run = play({"a": {"checks": (CHECK,)}}).will(do.RunStep, "a", ending=Ending(status=Status.TIMEOUT))
    run.go(do.AskCheck)
    [check] = run.steps["a"]["checks"]
    assert (run.steps["a"]["reason"], check["verdict"]) == ("not finished within 1800 s, its `timeout`", "not_asked")
    assert run.go().steps["a"]["reason"] is None


def test_a_failed_check_shows_expected_beside_actual(play: Any) -> None:
    """With what the attempt had changed before it was put back (M118)."""
    check = Check(name="v", ask=FileCheck(glob="a.toml", contains="2"))
    run = play({"a": {"checks": (check,)}}).will(do.AskCheck, "v", verdict=FAILED, text="'2' not found in a.toml")
    step = run.go().steps["a"]
    assert (step["expected"], step["actual"]) == ("'2' in each file of a.toml", "'2' not found in a.toml")
    assert (step["put_back"], step["checks"][0]["actual"]) == (["a"], step["actual"])


def test_a_flaky_check_shows_that_there_were_two_answers(play: Any) -> None:
    """The last one alone would look like what was expected."""
    check = Check(name="v", ask=CommandCheck(command="v"), expect=Expect.PASS_TO_PASS)
    run = play({"a": {"checks": (check,)}}).will(do.AskCheck, "v").will(do.AskCheck, "v", verdict=FAILED)
    step = run.will(do.AskCheck, "v", text="exit status 0").go().steps["a"]
    assert step["actual"] == "two answers for the same files; the last one: exit status 0"


def test_a_step_that_holds_has_nothing_to_compare(play: Any) -> None:
    """Expected and actual are told of failures only."""
    run = play({"a": {"checks": (CHECK,)}}).will(do.AskCheck, "c", verdict=FAILED).go()
    failed = run.steps["a"]["expected"]
    run.say(ev.StepsInvalidated, steps=("a",)).go()
    step = run.steps["a"]
    assert (failed, step["expected"], step["actual"], step["put_back"]) == ("exit status 0", None, None, [])


def test_the_tests_of_a_suite_are_counted(play: Any) -> None:
    """For the summary in numbers (M130)."""
    run = play({"a": {}}, accept=(SUITE,)).will(do.AskCheck, "suite")
    run.will(do.AskCheck, "suite", text="46 passed, 1 failed, 0 skipped; 1 was red before: t::x")
    assert run.go().report["accept"][0]["tests"] == {"passed": 46, "failed": 1, "skipped": 0}


def test_an_outside_effect_says_where_it_can_be_looked_at(play: Any) -> None:
    """What its probe asks about (M130)."""
    probe = Probe(ask=PortProbe(port="8080"))
    run = play({"a": {"effect": Effect.IDEMPOTENT, "probe": probe}}).say(ev.ApprovalsGiven, allow=("a",)).go()
    assert [one["look"] for one in run.report["outside_effects"]] == ["port 8080"]


def test_what_bodies_warn_of_is_a_finding_once(play: Any) -> None:
    """With the steps that printed it; of a step that failed the cause is told instead (M128)."""
    run = play({"a": {}, "b": {}, "c": {}}).will(do.RunStep, "c", ending=BAD, remarks=("DeprecationWarning: x",))
    for name in ("a", "b"):
        run.will(do.RunStep, name, remarks=("DeprecationWarning: x",))
    found = [one["text"] for one in run.go().report["findings"] if one["kind"] == "printed-warning"]
    assert found == ["a, b printed: DeprecationWarning: x"]
