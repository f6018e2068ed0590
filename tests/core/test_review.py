"""What a plan's author is told before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.core.check_kinds import CommandCheck, FileCheck
from surefoot.core.event_words import Finding, Severity
from surefoot.core.ids import StepId, encode_id
from surefoot.core.plan import (
    AgentBody,
    AskBody,
    Check,
    Effect,
    ForEach,
    Limits,
    OnFailure,
    Plan,
    Prepare,
    RetryPolicy,
    RunBody,
    Step,
    Tier,
)
from surefoot.core.probe_kinds import FileProbe, Probe, RunProbe
from surefoot.core.review import AskPoint, Review, review

CHECK = Check(name="c", ask=CommandCheck(command="./look"))
PROBE = Probe(ask=FileProbe(path="/x"))
STEP = Step(id=StepId("a"), body=RunBody(command="true"), checks=(CHECK,))
GROUP = replace(STEP, id=StepId("a-{file}"), for_each=ForEach(name="file", glob="*.py"))
ASK = replace(STEP, body=AskBody(question="Go?"), checks=())
OUTSIDE = replace(STEP, effect=Effect.IRREVERSIBLE, probe=PROBE, undo="call them")


def named(name: str, *needs: str, step: Step = STEP) -> Step:
    """Return a step under another name."""
    return replace(step, id=StepId(name), needs=needs)


def plan_of(*steps: Step) -> Plan:
    """Make a plan with acceptance checks."""
    return Plan(goal="g", steps=steps, accept=(CHECK,))


def review_of(*steps: Step) -> Review:
    """Review a plan of these steps."""
    return review(plan_of(*steps), checkout="/home/u/repo")


def kinds_of(*steps: Step) -> list[tuple[str, Severity]]:
    """Review a plan and name what was found."""
    return [(finding.kind, finding.severity) for finding in review_of(*steps).findings]


def command(text: str) -> Step:
    """Return a step with a command."""
    return replace(STEP, body=RunBody(command=text))


def test_a_sound_plan_gives_no_findings() -> None:
    """Nothing to say is said by saying nothing."""
    assert review_of(STEP) == Review(
        critical_path=review_of(STEP).critical_path,
        rollback_points=(StepId("a"),),
        recovery=review_of(STEP).recovery,
        sequencing=review_of(STEP).sequencing,
        order=(StepId("a"),),
    )


FOUND = [
    (replace(STEP, checks=()), ("exit-status-only", Severity.WARNING)),
    (replace(STEP, checks=(), effect=Effect.READ), ("exit-status-only", Severity.NOTE)),
    (replace(STEP, checks=(), body=AgentBody(instructions="x")), ("claim-only", Severity.WARNING)),
    (replace(OUTSIDE, probe=None), ("no-probe", Severity.WARNING)),
    (replace(OUTSIDE, probe=None, effect=Effect.IDEMPOTENT), ("no-probe", Severity.NOTE)),
    (replace(OUTSIDE, undo=""), ("no-undo", Severity.NOTE)),
    (replace(STEP, network=True, effect=Effect.READ), ("network", Severity.NOTE)),
    (replace(STEP, confine=False), ("unconfined", Severity.NOTE)),
    (replace(STEP, network="loopback"), ("loopback", Severity.NOTE)),
    (replace(STEP, sockets=("/run/s",)), ("sockets", Severity.NOTE)),
    (replace(STEP, checks=(replace(STEP.checks[0], confine=False),)), ("unconfined", Severity.NOTE)),
    (replace(STEP, needs=("b",)), ("graph", Severity.PROBLEM)),
]


@pytest.mark.parametrize(("step", "found"), FOUND, ids=[f"{found[0]}-{found[1]}" for _, found in FOUND])
def test_what_is_weak_about_a_step_is_found(step: Step, found: tuple[str, Severity]) -> None:
    """One weakness each, and how much it matters."""
    assert kinds_of(step) == [found]


def test_a_question_to_a_person_needs_no_check() -> None:
    """The answer is the result."""
    assert kinds_of(ASK) == []


def test_writes_beyond_the_scope_are_found() -> None:
    """With the globs that reach out."""
    plan = replace(plan_of(replace(STEP, writes=("docs/x", "src/y"))), scope_write=("src/**",))
    (finding,) = review(plan).findings
    assert (finding.kind, "docs/x." in finding.text) == ("writes-outside-scope", True)


def test_a_plan_without_acceptance_is_noted() -> None:
    """A note only: the steps' own checks may be enough."""
    assert [finding.kind for finding in review(Plan(goal="g", steps=(STEP,))).findings] == ["no-acceptance"]


def test_notes_alone_are_no_problems() -> None:
    """So that `check` ends with nothing found."""
    assert not review(Plan(goal="g", steps=(STEP,))).has_problems


def test_warnings_are_problems() -> None:
    """So that `check` ends with problems found."""
    assert review_of(replace(STEP, checks=())).has_problems


NEEDY = ["pytest -q", "cd x && pip install .", "A=1 B='2 3' npm test", "python -m pytest", "python3 x.py", "x | tox"]
NEEDY += [".venv/bin/python x.py", "FOO=bar env python -c 'import x'", "time make", 'x=$(node y.js); echo "$x"']
FRUGAL = [
    "echo pytest; ",
    "python -m py_compile {file}",
    "python $SUREFOOT_FILES/x.py {file}",
    "sed -i s/a/b/ pip",
    "A='pip x",
]


@pytest.mark.parametrize("text", NEEDY)
def test_a_missing_prepare_is_found_by_the_programs_that_need_it(text: str) -> None:
    """Whatever stands around them."""
    assert kinds_of(command(text)) == [("prepare-missing", Severity.WARNING)]


@pytest.mark.parametrize("text", FRUGAL)
def test_programs_that_need_no_packages_need_no_prepare(text: str) -> None:
    """Nor do words that only look like programs."""
    assert "prepare-missing" not in [kind for kind, _ in kinds_of(command(text))]


def test_a_missing_prepare_is_told_once() -> None:
    """With the first place, and how many follow."""
    (finding,) = review_of(command("pytest"), named("b", step=command("tox"))).findings
    assert "step a runs 'pytest' (and 1 other commands like it)" in finding.text


@pytest.mark.parametrize(
    "prepare",
    [
        Prepare(run="pip install -e /home/u/repo"),
        Prepare(run="true", path=("/home/u/repo/.venv/bin",)),
    ],
)
def test_a_prepare_that_points_into_the_checkout_is_a_problem(prepare: Prepare) -> None:
    """Its tests would test the user's own files."""
    found = review(replace(plan_of(STEP), prepare=prepare), checkout="/home/u/repo").findings
    assert [(finding.kind, finding.severity) for finding in found] == [("prepare-outside", Severity.PROBLEM)]


def test_a_prepare_that_stays_in_its_lane_is_well() -> None:
    """Whatever the commands then run."""
    plan = replace(plan_of(command("pytest")), prepare=Prepare(run="make venv", path=(".venv/bin",)))
    assert review(plan, checkout="/home/u/repo").findings == ()


def test_acceptance_checks_need_preparing_like_any_other() -> None:
    """They are asked in a lane, too; a check that runs nothing needs nothing."""
    accept = (replace(CHECK, ask=FileCheck(glob="x", exists=True)), replace(CHECK, ask=CommandCheck(command="tox")))
    (finding,) = review(replace(plan_of(STEP), accept=accept)).findings
    assert "acceptance check 'c' runs 'tox'" in finding.text


def test_variables_that_point_into_the_checkout_are_a_problem() -> None:
    """With or without `prepare`."""
    found = review(replace(plan_of(STEP), env={"P": "/home/u/repo/src"}), checkout="/home/u/repo/").findings
    assert [finding.kind for finding in found] == ["prepare-outside"]


def test_a_command_that_names_the_checkout_is_found() -> None:
    """It would leave its lane."""
    assert kinds_of(command("cd /home/u/repo && ls")) == [("checkout-named", Severity.WARNING)]


def test_a_folder_that_only_begins_like_the_checkout_is_another() -> None:
    """`/home/u/repo-2` is not `/home/u/repo`."""
    assert kinds_of(command("ls /home/u/repo-2 /home/u/repo.old /home/u/repository")) == []


UNKNOWN = [
    command("echo {file}"),
    replace(STEP, id=encode_id("a-{file}")),
    replace(STEP, writes=("{file}",)),
    replace(STEP, checks=(replace(CHECK, ask=CommandCheck(command="x {file}")),)),
    replace(STEP, checks=(replace(CHECK, ask=FileCheck(glob="{file}", exists=True)),)),
    replace(GROUP, body=RunBody(command="x {fil} {file}")),
    replace(STEP, probe=Probe(ask=RunProbe(command="x {file}"))),
    replace(ASK, body=AskBody(question="{file}?")),
    replace(GROUP, checks=(replace(CHECK, ask=FileCheck(glob="{file}", lacks="{files}")),)),
]


@pytest.mark.parametrize("step", UNKNOWN)
def test_an_unknown_placeholder_is_found(step: Step) -> None:
    """Once for each name, wherever values are replaced."""
    assert kinds_of(step) == [("unknown-placeholder", Severity.WARNING)]


BRACES = ["echo ${x}", "cp x.{a,b}", "find . -exec ls {} +", "f() { ls; }", "x {1..3}", "'%{http_code}'", "{{ jinja }}"]


@pytest.mark.parametrize("text", BRACES)
def test_braces_of_other_languages_are_no_placeholders(text: str) -> None:
    """They stay as they are, and nobody is told."""
    assert kinds_of(command(text)) == []


def test_text_that_files_are_searched_for_may_hold_braces() -> None:
    """Unless it looks like a slip of the declared name."""
    assert kinds_of(replace(GROUP, checks=(replace(CHECK, ask=FileCheck(glob="x", lacks="{name}")),))) == []


def test_findings_about_steps_carry_their_places() -> None:
    """Where the plan came from a file."""
    found = review(plan_of(replace(STEP, checks=())), places={StepId("a"): "p.yaml:3:9"}).findings
    assert [(finding.step, finding.place) for finding in found] == [("a", "p.yaml:3:9")]


def test_problems_of_the_graph_are_all_that_is_said() -> None:
    """Without a graph there is no path and no order."""
    assert review_of(replace(STEP, checks=(), needs=("a",))) == Review(
        findings=(
            Finding(
                kind="graph",
                severity=Severity.PROBLEM,
                text="needs names the step itself, 'a'; the id of another step was expected; remove it",
                step=StepId("a"),
            ),
        )
    )


def test_the_critical_path_adds_up_the_estimates() -> None:
    """And names the steps that have none."""
    steps = (replace(STEP, estimate_s=5.0), replace(named("b", "a"), estimate_s=7.0), named("c"))
    path = review_of(*steps).critical_path
    assert (path.steps, path.seconds, path.without_estimate) == (("a", "b"), 12.0, ("c",))


def test_the_critical_path_counts_the_turns_that_listed_members_need() -> None:
    """Twelve members of seven seconds take three turns on four lanes."""
    group = replace(named("g-{item}"), for_each=ForEach(items=tuple("abcdefghijkl")), estimate_s=7.0)
    path = review(Plan(goal="g", steps=(group,), limits=Limits(parallel=4))).critical_path
    assert (path.seconds, path.one_member) == (21.0, ())


def test_the_critical_path_says_which_groups_it_counts_with_one_member() -> None:
    """How many files a glob will find is known in the run alone."""
    group = replace(named("g-{item}"), for_each=ForEach(glob="*.py"), estimate_s=7.0)
    path = review_of(group).critical_path
    assert (path.seconds, path.one_member) == (7.0, ("g-{item}",))


def test_long_steps_are_named_longest_first() -> None:
    """So that they start early."""
    steps = (replace(STEP, estimate_s=60.0), replace(named("b"), estimate_s=59.0), replace(named("c"), estimate_s=90.0))
    assert review_of(*steps).long_steps == ("c", "a")


ASKS = [
    (ASK, AskPoint(step=StepId("a"), why="it is a question to a person", approve="surefoot answer")),
    (OUTSIDE, AskPoint(step=StepId("a"), why="its effect is irreversible", approve="--allow a")),
    (
        replace(OUTSIDE, effect=Effect.IDEMPOTENT),
        AskPoint(step=StepId("a"), why="its effect is idempotent", approve="--yes or --allow a"),
    ),
    (
        replace(STEP, tier=Tier.CONFIRM),
        AskPoint(step=StepId("a"), why="its `tier` is confirm", approve="--yes or --allow a"),
    ),
    (
        replace(GROUP, tier=Tier.CONFIRM),
        AskPoint(
            step=StepId("a-{file}"), why="its `tier` is confirm", approve="--yes or --allow with each member's id"
        ),
    ),
    (
        replace(STEP, on_failure=OnFailure.ASK),
        AskPoint(step=StepId("a"), why="a person says how to go on", approve="surefoot answer", is_on_failure=True),
    ),
]


@pytest.mark.parametrize(("step", "point"), ASKS, ids=[point.why for _, point in ASKS])
def test_where_a_run_will_ask_is_known_before(step: Step, point: AskPoint) -> None:
    """With what answers in advance."""
    assert review_of(step).asks == (point,)


def test_a_step_that_writes_outside_the_scope_will_ask() -> None:
    """With the globs that reach out."""
    plan = replace(plan_of(replace(STEP, writes=("docs/x",))), scope_write=("src/**",))
    assert [point.why for point in review(plan).asks] == ["it writes outside the scope: docs/x"]


def test_an_outside_effect_on_what_may_be_skipped_may_ask() -> None:
    """Beside the question that it asks anyway."""
    points = review_of(replace(STEP, on_failure=OnFailure.SKIP), named("b", "a", step=OUTSIDE)).asks
    assert [point.approve for point in points] == ["--allow b", "surefoot answer"]


def test_questions_stand_in_the_order_of_the_run() -> None:
    """Not in that of the file."""
    assert [point.step for point in review_of(named("b", "a", step=OUTSIDE), ASK).asks] == ["a", "b"]


def test_rollback_points_are_the_steps_that_may_commit() -> None:
    """Reads, questions and steps that write nothing leave no commit."""
    read = replace(named("r"), effect=Effect.READ)
    steps = (named("b", "a"), STEP, read, named("q", step=ASK), replace(named("n"), writes=()))
    assert review_of(*steps).rollback_points == ("a", "b")


TRIED = "tried once, up to 3 times if the failure may pass"
NOTES = [
    (
        STEP,
        f"{TRIED}, from a restored workspace; then its 2 dependants are blocked",
    ),
    (
        replace(STEP, retry=RetryPolicy(maximum_attempts=1), on_failure=OnFailure.STOP),
        "tried once, from a restored workspace; then nothing new starts",
    ),
    (
        replace(STEP, on_failure=OnFailure.SKIP),
        f"{TRIED}, from a restored workspace; then it is skipped and its 2 dependants go on",
    ),
    (replace(ASK, on_failure=OnFailure.ASK), "the answer no fails it; then a person is asked"),
    (
        OUTSIDE,
        (
            f"when its outcome is unknown, its probe is asked, then a person; if it was not applied: {TRIED}; "
            "then its 2 dependants are blocked"
        ),
    ),
    (
        replace(OUTSIDE, probe=None),
        "when its outcome is unknown, a person is asked; never repeated blindly; then its 2 dependants are blocked",
    ),
    (
        replace(OUTSIDE, probe=None, effect=Effect.IDEMPOTENT),
        f"{TRIED}, under the same idempotency key; then its 2 dependants are blocked",
    ),
]


@pytest.mark.parametrize(("step", "text"), NOTES, ids=[text for _, text in NOTES])
def test_each_steps_recovery_is_put_in_words(step: Step, text: str) -> None:
    """What is tried, and what becomes of those that wait for it, directly or through others."""
    assert review_of(step, named("b", "a"), named("c", "b")).recovery[0].text == text


def test_the_recovery_of_a_last_step_names_no_dependants() -> None:
    """There is nobody to block."""
    notes = review_of(STEP, replace(named("b", "a"), on_failure=OnFailure.SKIP)).recovery
    assert notes[1].text == "tried once, up to 3 times if the failure may pass, from a restored workspace; then skipped"


def test_a_rollback_is_named_with_its_target() -> None:
    """The step whose commit the branch goes back to."""
    back = replace(named("b", "a"), on_failure=OnFailure.ROLLBACK, rollback_to=StepId("a"))
    assert review_of(STEP, back).recovery[1].text.endswith("then the branch goes back to a")


def test_unittest_without_prepare_is_a_note() -> None:
    """The standard library may be all it needs: `check` finds no problem in it."""
    steps = (Step(id=StepId("a"), body=RunBody(command="python3 -m unittest")),)
    found = {one.kind: one.severity for one in review(Plan(goal="g", steps=steps)).findings}
    assert found["prepare-missing"] is Severity.NOTE


@pytest.mark.parametrize(("text", "is_noted"), [("make fix", True), ("python3 fix.py $SUREFOOT_CANDIDATE", False)])
def test_attempts_that_are_one_and_the_same_command_are_noted(text: str, is_noted: bool) -> None:
    """That a command agrees with itself would look like a proof."""
    step = replace(command(text), best_of=3)
    assert (("same-attempts", Severity.NOTE) in kinds_of(step)) is is_noted
