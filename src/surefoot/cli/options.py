"""The table of all arguments and options of the command line: name, type, help, default, destination.

The table is the record `Given`. A command names the rows it takes and gets a record with their values; rows marked
`OPTIONS` make up `surefoot.api.run_options.Options`.
"""

# No annotations as texts in here: each row would be compiled once more whenever a command starts.

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from surefoot.cli.screen import Screen
from surefoot.core.plan import Limits
from surefoot.core.policy_types import Effect
from surefoot.core.record import record

if TYPE_CHECKING:
    from surefoot.api.run_options import Options

_Mark = Literal["options", "limits", "goal", "required"]
OPTIONS: _Mark = "options"
"""The value is the field of that name in `Options`."""
LIMITS: _Mark = "limits"
"""The value is the field of that name in the run's `Limits`."""
GOAL: _Mark = "goal"
"""The option belongs to a goal in words, and is refused beside a plan file."""
REQUIRED: _Mark = "required"
"""The value has to be given."""
_RUN = "Id of the run, the beginning of an id, or `latest` (default: latest run of this repository)."


Offer = Literal["runs", "steps", "either", "agents", "questions", "open", "dead"]


@record(kw_only=False)
class Declared:
    """How a row is typed and explained. Any parser can read it, and none has to be loaded for that."""

    names: tuple[str, ...]
    """The option and its short form; a switch has its opposite behind a slash. Empty: an argument."""
    says: str
    metavar: str | None
    """How help names the value."""
    least: float | None = None
    """The smallest number it may be."""
    offers: Offer | None = None
    """What the shell offers for it, a function of `surefoot.cli.completion`."""


def _argument(*, metavar: str, says: str, offers: Offer | None = None) -> Declared:
    return Declared((), says, metavar, None, offers)


def _option(
    *names: str, says: str, metavar: str | None = None, least: float | None = None, offers: Offer | None = None
) -> Declared:
    return Declared(names, says, metavar, least, offers)


@record
class Given:
    """What a command line says. What a command does not take has its default."""

    # Arguments.
    plan_or_goal: Annotated[
        str, _argument(metavar="PLAN|GOAL", says="A plan file (.yaml, .yml), or a goal in words.")
    ] = ""
    plan: Annotated[Path, _argument(metavar="PLAN", says="A plan file."), REQUIRED] = Path()
    trace: Annotated[Path, _argument(metavar="TRACE", says="A file with what an agent did."), REQUIRED] = Path()
    new_plan: Annotated[Path, _argument(metavar="[PATH]", says="The file to write.")] = Path("surefoot.yaml")
    schema_file: Annotated[
        Path | None, _argument(metavar="[FILE]", says="The file to write (default: standard output).")
    ] = None
    drills: Annotated[
        tuple[str, ...], _argument(metavar="[NAME]...", says="The drills to run (default: all of them).")
    ] = ()
    run: Annotated[str | None, _argument(metavar="[RUN]", says=_RUN, offers="runs")] = None
    run_or_step: Annotated[
        str | None, _argument(metavar="[RUN]", says="May be left out before a step.", offers="either")
    ] = None
    runs: Annotated[tuple[str, ...], _argument(metavar="RUN...", says=_RUN, offers="runs"), REQUIRED] = ()
    step: Annotated[str | None, _argument(metavar="[STEP]", says="The step to show in full.", offers="steps")] = None
    steps: Annotated[
        tuple[str, ...],
        _argument(metavar="[STEP]...", says="The steps to try again (default: all that failed).", offers="steps"),
    ] = ()
    run_or_question: Annotated[
        str | None,
        _argument(metavar="[RUN|QUESTION]", says="One run, or one question in full with its changes.", offers="open"),
    ] = None
    question: Annotated[
        str,
        _argument(metavar="QUESTION", says="Id of the question, such as 20260401-k3x9ab.1.", offers="questions"),
        REQUIRED,
    ] = ""
    review_words: Annotated[
        tuple[str, ...],
        _argument(
            metavar="[RUN] ITEM|STEP ok|wrong",
            says="A sample (20260401-k3x9ab.s1) or a verified step, and what you have found.",
            offers="steps",
        ),
        REQUIRED,
    ] = ()
    dead_words: Annotated[
        tuple[str, ...],
        _argument(
            metavar="[RUN] | retry|close ITEM",
            says="The run whose dead letters are shown (left out: all runs); or what to do about one of them: "
            "RUN:STEP, or RUN for a run as a whole.",
            offers="dead",
        ),
    ] = ()
    questions: Annotated[
        tuple[str, ...],
        _argument(metavar="QUESTION...", says="Ids of the questions, such as 20260401-k3x9ab.1.", offers="questions"),
        REQUIRED,
    ] = ()
    answer: Annotated[
        str,
        _argument(metavar="ANSWER", says="yes, no, retry, skip, block, stop, applied, done, or what it takes."),
        REQUIRED,
    ] = ""
    agent: Annotated[
        str,
        _argument(
            metavar="RUN[:STEP]",
            says="The run, and the step whose agent is meant (default: who talks now).",
            offers="agents",
        ),
        REQUIRED,
    ] = ""
    text: Annotated[str, _argument(metavar="TEXT", says="What to say, as one argument."), REQUIRED] = ""
    run_and_file: Annotated[
        tuple[str, ...],
        _argument(
            metavar="[RUN] FILE", says="The run (default: the latest), and a file: an amendment, or the whole plan."
        ),
    ] = ()
    command: Annotated[str | None, _argument(metavar="[COMMAND]", says="The shell command, as one argument.")] = None

    # Where a run works.
    repo: Annotated[
        Path | None, _option("--repo", metavar="DIR", says="The repository or folder (default: the current one).")
    ] = None
    run_id: Annotated[str | None, _option("--run-id", metavar="ID", says="Id of the new run: YYYYMMDD-xxxxxx.")] = None
    fork_from: Annotated[
        str | None,
        _option("--from", metavar="RUN@STEP", says="Begin at the commit that this step of another run left."),
        OPTIONS,
    ] = None
    include_dirty: Annotated[
        bool, _option("--include-dirty", says="Start from the checkout with its uncommitted changes, not from HEAD.")
    ] = False
    cwd: Annotated[
        Path | None,
        _option("--cwd", metavar="DIR", says="Carry out the plan in this folder, as if it were the repository."),
    ] = None

    # What the engine is told beforehand.
    yes: Annotated[
        bool, _option("--yes", says="Approve questions of tier confirm, except irreversible steps."), OPTIONS
    ] = False
    allow: Annotated[
        tuple[str, ...], _option("--allow", metavar="STEP", says="Approve this irreversible step; repeatable."), OPTIONS
    ] = ()
    only: Annotated[
        tuple[str, ...],
        _option(
            "--only", metavar="STEP", says="Carry out only this step and what it needs: an id or a glob; repeatable."
        ),
        OPTIONS,
    ] = ()
    take_over: Annotated[
        bool, _option("--take-over", says="End the engine that holds the run, and continue in its place."), OPTIONS
    ] = False
    same_plan: Annotated[
        bool,
        _option("--same-plan", says="Go on with a plan that was stopped as wrong, as it is."),
        OPTIONS,
    ] = False
    models: Annotated[
        tuple[str, ...],
        _option("--model", metavar="[ROLE=]PROVIDER:NAME", says="The model of all roles, or of one role; repeatable."),
        OPTIONS,
    ] = ()
    worker: Annotated[
        str | None,
        _option("--worker", metavar="acp:NAME", says="Another agent for agent steps and goals, as acp:claude."),
        OPTIONS,
    ] = None
    with_reviewer: Annotated[
        bool | None, _option("--review/--no-review", says="Let a fresh model review the whole result, or not."), OPTIONS
    ] = None
    cost_usd: Annotated[
        float | None, _option("--cost-usd", metavar="X", least=0, says="Limit in US dollars for the whole run."), LIMITS
    ] = None
    tokens: Annotated[
        int | None, _option("--tokens", metavar="N", least=1, says="Limit of tokens, sent and written."), LIMITS
    ] = None
    requests: Annotated[
        int | None, _option("--requests", metavar="N", least=1, says="Limit of requests to models."), LIMITS
    ] = None

    # What belongs to a goal in words.
    accept: Annotated[
        tuple[str, ...],
        _option("--accept", metavar="CMD", says="For a goal: this command must pass at the end; repeatable."),
        GOAL,
    ] = ()
    scope: Annotated[
        tuple[str, ...],
        _option("--scope", metavar="GLOB", says="For a goal: only files that match may change; repeatable."),
        GOAL,
    ] = ()
    plan_only: Annotated[bool, _option("--plan-only", says="For a goal: write the plan and stop."), GOAL] = False
    plan_file: Annotated[
        Path | None, _option("--plan-file", metavar="FILE", says="For a goal: the file to write the plan to."), GOAL
    ] = None

    # What is shown, and how.
    quiet: Annotated[bool, _option("--quiet", "-q", says="Print only questions and the result.")] = False
    as_json: Annotated[bool, _option("--json", says="Print one JSON document, errors included.")] = False
    pager: Annotated[bool, _option("--pager/--no-pager", says="Show long output in a pager, or not.")] = True
    events: Annotated[bool, _option("--events", says="Show the journal, one line per event.")] = False
    output: Annotated[bool, _option("--output", says="Show everything the step's body printed.")] = False
    turns: Annotated[bool, _option("--turns", says="Show every reply and tool call of the step's agent.")] = False
    raw: Annotated[bool, _option("--raw", says="Show the replies as the provider wrote them.")] = False
    made_plan: Annotated[bool, _option("--plan", says="Show the plan that a model made, as a plan file.")] = False
    attempt: Annotated[
        int | None, _option("--attempt", metavar="N", says="With --diff: what this attempt at the step had changed.")
    ] = None
    candidate: Annotated[
        int | None,
        _option(
            "--candidate",
            metavar="N",
            says="One of several results of the step; with --diff what it changes.",
        ),
    ] = None
    diff: Annotated[
        bool, _option("--diff", says="Only what an attempt at the step had changed (default: the last), as a patch.")
    ] = False
    stat: Annotated[
        bool, _option("--stat", says="Count the changed lines of each file instead of showing the diff.")
    ] = False
    markdown: Annotated[bool, _option("--markdown", says="Print the report as Markdown, in full.")] = False
    is_long: Annotated[bool, _option("--long", says="Add rollback points, and how people were asked.")] = False
    draws: Annotated[
        bool, _option("--graph", says="Draw the graph of the run, with where each step stands and what it waits for.")
    ] = False
    mermaid: Annotated[bool, _option("--mermaid", says="Print only the graph, as Mermaid.")] = False
    svg: Annotated[
        str | None,
        _option("--svg", metavar="[FILE]", says="Draw the graph as SVG into a file (default: standard output)."),
    ] = None
    max_error: Annotated[
        float | None,
        _option(
            "--max-error", metavar="RATE", least=0, says="The share of wrong results to stay under (default: 0.05)."
        ),
    ] = None
    every: Annotated[bool, _option("--all", says="Include the runs of all repositories.")] = False
    samples: Annotated[
        bool,
        _option("--samples", says="Show results that nobody was asked about and that wait for a look, of all runs."),
    ] = False
    watch: Annotated[bool, _option("--watch", says="Continue with new and closed questions, until Ctrl-C.")] = False
    export: Annotated[
        Path | None,
        _option(
            "--export", metavar="FILE", says="Write the trail of decisions to a file that can be verified anywhere."
        ),
    ] = None
    verify: Annotated[
        Path | None,
        _option("--verify", metavar="FILE", says="Verify such a file, without the run."),
    ] = None

    # What is done with results and remains.
    squash: Annotated[bool, _option("--squash", says="Make one commit instead of one per step.")] = False
    run_hooks: Annotated[
        bool, _option("--run-hooks", says="Run your git hooks although the run brings or changes hooks.")
    ] = False
    to: Annotated[str, _option("--to", metavar="STEP", says="The step to go back to.", offers="steps"), REQUIRED] = ""
    leave: Annotated[
        tuple[str, ...],
        _option("--leave", metavar="STEP", says="Leave the outside effect of this step as it is; repeatable."),
    ] = ()
    branch: Annotated[bool, _option("--branch", says="Delete the branch, too, merged or not.")] = False

    # What a person decides.
    all_like: Annotated[
        bool, _option("--all-like", says="Also approve all questions of this kind in this run, open and future ones.")
    ] = False
    reason: Annotated[str, _option("--reason", metavar="TEXT", says="The reason; the report repeats it."), REQUIRED] = (
        ""
    )
    other_command: Annotated[str | None, _option("--command", metavar="TEXT", says="The command to run instead.")] = (
        None
    )
    instruction: Annotated[
        str | None, _option("--instruction", metavar="TEXT", says="After a failure: the agent's new instruction.")
    ] = None
    patch: Annotated[
        Path | None, _option("--patch", metavar="FILE", says="After a failure: a patch, which is the result.")
    ] = None
    file: Annotated[
        Path | None,
        _option("--file", metavar="FILE", says="A file with the command, the instruction, the patch, or the plan."),
    ] = None
    say: Annotated[
        str, _option("--say", metavar="TEXT", says="What to say with it: the next attempt and later agents read it.")
    ] = ""
    keep_changes: Annotated[
        bool, _option("--keep-changes", says="With `retry`: begin with what the failed attempt had changed.")
    ] = False

    # What is deleted.
    older_than: Annotated[
        str, _option("--older-than", metavar="AGE", says="Only of runs that ended so long ago: 12h, 7d, …")
    ] = ""

    # How a plan is changed.
    dry_run: Annotated[bool, _option("--dry-run", says="Only show what would become of each step.")] = False
    stops: Annotated[
        bool, _option("--stop", says="The plan is wrong: end what runs, take stock, and plan anew. Wants --why.")
    ] = False
    revert: Annotated[
        bool,
        _option("--revert", says="Take verified results of dropped steps off the branch, with what consumed them."),
    ] = False
    why: Annotated[
        str, _option("--why", metavar="TEXT", says="Why the plan changes; people and later agents read it.")
    ] = ""
    before: Annotated[str | None, _option("--before", metavar="STEP", says="The step that it is taken up before.")] = (
        None
    )
    after: Annotated[str | None, _option("--after", metavar="STEP", says="The step that it is taken up after.")] = None

    step_to_add: Annotated[
        tuple[str, ...],
        _argument(metavar="[RUN] STEP", says="The run (default: the latest), and an id for the step."),
        REQUIRED,
    ] = ()
    does_run: Annotated[str, _option("--run", metavar="CMD", says="The command that the step runs.")] = ""
    does_by_agent: Annotated[str, _option("--agent", metavar="TEXT", says="What an agent has to do.")] = ""
    needs: Annotated[
        tuple[str, ...], _option("--needs", metavar="STEP", says="A step it needs; repeatable.", offers="steps")
    ] = ()
    checks: Annotated[
        tuple[str, ...], _option("--check", metavar="CMD", says="A command that must pass after it; repeatable.")
    ] = ()
    check_name: Annotated[
        str,
        _option(
            "--check",
            metavar="NAME",
            says="The check to ask, STEP:NAME for one of a step (default: the acceptance check that failed).",
        ),
    ] = ""
    writes: Annotated[
        tuple[str, ...], _option("--writes", metavar="GLOB", says="Files that it may change; repeatable.")
    ] = ()

    # What a person says to an agent.
    now: Annotated[
        bool, _option("--now", says="Break off the agent's turn under way, so that it reads this at once.")
    ] = False

    keep: Annotated[
        bool,
        _option("--keep", says="Let it hold from here on: planner, workers and reviewer read it in every brief."),
    ] = False
    deny: Annotated[
        tuple[str, ...],
        _option("--deny", metavar="GLOB", says="With --keep: these files may not be changed; repeatable."),
    ] = ()

    notifies: Annotated[
        bool, _option("--notify", says="Also send notices of runs that stand still, each once (`[[notify]]`).")
    ] = False

    # Which drills, and under which settings.
    is_bare: Annotated[
        bool, _option("--bare", says="With the scaffold off: no monitor, no check, everything approved.")
    ] = False
    drill_folder: Annotated[
        Path | None, _option("--drills", metavar="FOLDER", says="Drills of your own, in place of those that ship.")
    ] = None
    injections: Annotated[
        Path | None,
        _option("--injections", metavar="FILE", says="Let an agent obey each text of a JSON file; `shipped`: ours."),
    ] = None
    keeps_scratch: Annotated[
        bool, _option("--keep", says="Keep the scratch folder with repositories and runs, and name it.")
    ] = False
    at_once: Annotated[
        int | None, _option("--at-once", metavar="N", least=1, says="So many drills at once (default: processors).")
    ] = None

    # What the rules are asked about.
    effect: Annotated[Effect | None, _option("--effect", says="The effect class of the step.")] = None
    of_step: Annotated[
        str | None, _option("--step", metavar="ID", says="Id of the step that would run the command.")
    ] = None
    in_plan: Annotated[Path | None, _option("--plan", metavar="FILE", says="The plan that has the step.")] = None
    put_out: Annotated[
        tuple[str, ...],
        _option("--put-out", metavar="KEY=VALUE", says="A value that the step would put out; repeatable."),
    ] = ()
    paths: Annotated[
        tuple[str, ...], _option("--path", metavar="P", says="A file that the command would change; repeatable.")
    ] = ()

    @property
    def options(self) -> "Options":
        """What the engine is told beforehand."""
        # With it come settings, sandbox and plan files: commands that only look answer without them.
        from surefoot.api.run_options import Options

        return Options(**self._values(OPTIONS))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of `[RUN] [STEP]...`, of which the first may be a step."""
        return tuple(word for word in (self.run_or_step, self.step, *self.steps) if word is not None)

    @property
    def named_goal_options(self) -> str:
        """The options of a goal that are set, as they are typed."""
        return ", ".join(ROWS[name].flag for name, value in self._values(GOAL).items() if value)

    def limits_over(self, limits: Limits) -> Limits:
        """Return the limits, with those that were given in their place."""
        return replace(limits, **{name: value for name, value in self._values(LIMITS).items() if value is not None})

    def _values(self, mark: _Mark) -> dict[str, Any]:
        return {name: getattr(self, name) for name, row in ROWS.items() if mark in row.marks}


@record(kw_only=False)
class Row:
    """A row of the table."""

    kind: Any
    """The type of the value, or of each where there may be more than one."""
    is_many: bool
    """Whether it may be given more than once."""
    declared: Declared
    default: Any
    marks: tuple[_Mark, ...]

    @property
    def flag(self) -> str:
        """The option as it is typed."""
        return self.declared.names[0]

    @property
    def is_required(self) -> bool:
        """Whether a value has to be given."""
        return REQUIRED in self.marks

    def value(self, parsed: Any) -> Any:
        """Return what a parser made of the row as the record has it."""
        return tuple(parsed or ()) if self.is_many else parsed


def _rows() -> Mapping[str, Row]:
    found: dict[str, Row] = {}
    for field in fields(Given):
        kind, declared, *marks = get_args(field.type)
        plain = next((one for one in get_args(kind) if one is not NoneType), kind)
        found[field.name] = Row(plain, get_origin(kind) is tuple, declared, field.default, tuple(marks))
    return found


ROWS = _rows()
Body = Callable[[Given, Screen], int]
"""Carries a command out and returns the exit code."""


@record
class Command:
    """A command: which rows it takes, and what carries it out."""

    name: str
    body: Body
    takes: tuple[str, ...]
    """The names of the rows, in the order of its help."""
    group: str = ""
    """The command it belongs to."""
    panel: str | None = None
    """Below which title the help lists it."""
    has_optional_file: bool = False
    """Whether its `--svg` may stand without a file."""
    helps: Mapping[str, str]
    """Its own words for rows that mean something special to it."""

    def carry_out(self, values: Mapping[str, Any]) -> int:
        """Carry the command out with what a parser made of its rows, and return the exit code."""
        given = Given(**{name: ROWS[name].value(value) for name, value in values.items()})
        screen = Screen(is_json=given.as_json, is_quiet=given.quiet, has_pager=given.pager)
        return self.body(given, screen)
