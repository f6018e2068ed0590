"""The table of all arguments and options of the command line: name, type, help, default, destination.

The table is the record `Given`. A command names the rows it takes and gets a record with their values; rows marked
`OPTIONS` make up `surefoot.api.run_options.Options`.
"""

# No annotations as texts in here: each row would be compiled once more whenever a command starts.

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import fields, replace
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand
from typer.models import ParameterInfo

from surefoot.cli.completion import offer_either, offer_open, offer_questions, offer_runs, offer_steps
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


@record
class Given:
    """What a command line says. What a command does not take has its default."""

    # Arguments.
    plan_or_goal: Annotated[
        str,
        typer.Argument(metavar="PLAN|GOAL", help="A plan file (.yaml, .yml), or a goal in words."),
        REQUIRED,
    ] = ""
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file."), REQUIRED] = Path()
    new_plan: Annotated[Path, typer.Argument(metavar="[PATH]", help="The file to write.")] = Path("surefoot.yaml")
    schema_file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write (default: standard output).")
    ] = None
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN, autocompletion=offer_runs)] = None
    run_or_step: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help=f"{_RUN} May be left out before a step.", autocompletion=offer_either),
    ] = None
    runs: Annotated[
        tuple[str, ...], typer.Argument(metavar="RUN...", help=_RUN, autocompletion=offer_runs), REQUIRED
    ] = ()
    step: Annotated[
        str | None, typer.Argument(metavar="[STEP]", help="The step to show in full.", autocompletion=offer_steps)
    ] = None
    steps: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="[STEP]...", help="The steps to try again (default: all that failed).", autocompletion=offer_steps
        ),
    ] = ()
    run_or_question: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|QUESTION]",
            help="One run, or one question in full with its changes.",
            autocompletion=offer_open,
        ),
    ] = None
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="Id of the question, such as 20260401-k3x9ab.1.", autocompletion=offer_questions
        ),
        REQUIRED,
    ] = ""
    questions: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="QUESTION...",
            help="Ids of the questions, such as 20260401-k3x9ab.1.",
            autocompletion=offer_questions,
        ),
        REQUIRED,
    ] = ()
    answer: Annotated[
        str,
        typer.Argument(metavar="ANSWER", help="yes, no, applied, not_applied, done, abandon, or any text."),
        REQUIRED,
    ] = ""
    command: Annotated[str | None, typer.Argument(metavar="[COMMAND]", help="The shell command, as one argument.")] = (
        None
    )

    # Where a run works.
    repo: Annotated[
        Path | None, typer.Option("--repo", metavar="DIR", help="The repository or folder (default: the current one).")
    ] = None
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="Id of the new run: YYYYMMDD-xxxxxx.")
    ] = None
    include_dirty: Annotated[
        bool,
        typer.Option("--include-dirty", help="Start from the checkout with its uncommitted changes, not from HEAD."),
    ] = False
    cwd: Annotated[
        Path | None,
        typer.Option("--cwd", metavar="DIR", help="Carry out the plan in this folder, as if it were the repository."),
    ] = None

    # What the engine is told beforehand.
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Approve questions of tier confirm, except irreversible steps."),
        OPTIONS,
    ] = False
    allow: Annotated[
        tuple[str, ...],
        typer.Option("--allow", metavar="STEP", help="Approve this irreversible step; repeatable."),
        OPTIONS,
    ] = ()
    only: Annotated[
        tuple[str, ...],
        typer.Option(
            "--only", metavar="STEP", help="Carry out only this step and what it needs: an id or a glob; repeatable."
        ),
        OPTIONS,
    ] = ()
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="End the engine that holds the run, and continue in its place."),
        OPTIONS,
    ] = False
    models: Annotated[
        tuple[str, ...],
        typer.Option(
            "--model", metavar="[ROLE=]PROVIDER:NAME", help="The model of all roles, or of one role; repeatable."
        ),
        OPTIONS,
    ] = ()
    with_reviewer: Annotated[
        bool | None,
        typer.Option("--review/--no-review", help="Let a fresh model review the whole result, or not."),
        OPTIONS,
    ] = None
    cost_usd: Annotated[
        float | None,
        typer.Option("--cost-usd", metavar="X", min=0, help="Limit in US dollars for the whole run."),
        LIMITS,
    ] = None
    tokens: Annotated[
        int | None, typer.Option("--tokens", metavar="N", min=1, help="Limit of tokens, sent and written."), LIMITS
    ] = None
    requests: Annotated[
        int | None,
        typer.Option("--requests", metavar="N", min=1, help="Limit of requests to models."),
        LIMITS,
    ] = None

    # What belongs to a goal in words.
    accept: Annotated[
        tuple[str, ...],
        typer.Option("--accept", metavar="CMD", help="For a goal: this command must pass at the end; repeatable."),
        GOAL,
    ] = ()
    scope: Annotated[
        tuple[str, ...],
        typer.Option("--scope", metavar="GLOB", help="For a goal: only files that match may change; repeatable."),
        GOAL,
    ] = ()
    plan_only: Annotated[bool, typer.Option("--plan-only", help="For a goal: write the plan and stop."), GOAL] = False
    plan_file: Annotated[
        Path | None,
        typer.Option("--plan-file", metavar="FILE", help="For a goal: the file to write the plan to."),
        GOAL,
    ] = None

    # What is shown, and how.
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only questions and the result.")] = False
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, errors included.")] = False
    pager: Annotated[bool, typer.Option("--pager/--no-pager", help="Show long output in a pager, or not.")] = True
    events: Annotated[bool, typer.Option("--events", help="Show the journal, one line per event.")] = False
    output: Annotated[bool, typer.Option("--output", help="Show everything the step's body printed.")] = False
    turns: Annotated[bool, typer.Option("--turns", help="Show every reply and tool call of the step's agent.")] = False
    raw: Annotated[bool, typer.Option("--raw", help="Show the replies as the provider wrote them.")] = False
    made_plan: Annotated[bool, typer.Option("--plan", help="Show the plan that a model made, as a plan file.")] = False
    stat: Annotated[
        bool, typer.Option("--stat", help="Count the changed lines of each file instead of showing the diff.")
    ] = False
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the report as Markdown, in full.")] = False
    is_long: Annotated[bool, typer.Option("--long", help="Add rollback points, and how people were asked.")] = False
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print only the graph, as Mermaid.")] = False
    svg: Annotated[
        str | None,
        typer.Option("--svg", metavar="[FILE]", help="Draw the graph as SVG into a file (default: standard output)."),
    ] = None
    every: Annotated[bool, typer.Option("--all", help="Include the runs of all repositories.")] = False
    watch: Annotated[bool, typer.Option("--watch", help="Continue with new and closed questions, until Ctrl-C.")] = (
        False
    )
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Write the trail of decisions to a file that can be verified anywhere."
        ),
    ] = None
    verify: Annotated[
        Path | None,
        typer.Option("--verify", metavar="FILE", help="Verify such a file, without the run."),
    ] = None

    # What is done with results and remains.
    squash: Annotated[bool, typer.Option("--squash", help="Make one commit instead of one per step.")] = False
    run_hooks: Annotated[
        bool, typer.Option("--run-hooks", help="Run your git hooks although the run brings or changes hooks.")
    ] = False
    to: Annotated[
        str,
        typer.Option("--to", metavar="STEP", help="The step to go back to.", autocompletion=offer_steps),
        REQUIRED,
    ] = ""
    branch: Annotated[bool, typer.Option("--branch", help="Delete the branch, too, merged or not.")] = False

    # What a person decides.
    all_like: Annotated[
        bool,
        typer.Option("--all-like", help="Also approve all questions of this kind in this run, open and future ones."),
    ] = False
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="The reason; the report repeats it."), REQUIRED
    ] = ""
    other_command: Annotated[
        str | None, typer.Option("--command", metavar="TEXT", help="The command to run instead.")
    ] = None
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A file with the command, the patch, or the plan.")
    ] = None

    # What the rules are asked about.
    effect: Annotated[Effect | None, typer.Option("--effect", help="The effect class of the step.")] = None
    of_step: Annotated[
        str | None, typer.Option("--step", metavar="ID", help="Id of the step that would run the command.")
    ] = None
    in_plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="The plan that has the step.")] = None
    paths: Annotated[
        tuple[str, ...],
        typer.Option("--path", metavar="P", help="A file that the command would change; repeatable."),
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
        return ", ".join(_ROWS[name].flag for name, value in self._values(GOAL).items() if value)

    def limits_over(self, limits: Limits) -> Limits:
        """Return the limits, with those that were given in their place."""
        return replace(limits, **{name: value for name, value in self._values(LIMITS).items() if value is not None})

    def _values(self, mark: _Mark) -> dict[str, Any]:
        return {name: getattr(self, name) for name, row in _ROWS.items() if mark in row.marks}


@record(kw_only=False)
class _Row:
    """A row of the table, as the parser takes it."""

    kind: Any
    """The type of the value."""
    is_many: bool
    """Whether it may be given more than once."""
    declared: ParameterInfo
    default: Any
    marks: tuple[_Mark, ...]

    @property
    def flag(self) -> str:
        """The option as it is typed."""
        return str(self.declared.default)

    def value(self, parsed: Any) -> Any:
        """Return what the parser made of the row as the record has it."""
        return tuple(parsed or ()) if self.is_many else parsed

    def parameter(self, name: str, help_: str | None) -> Parameter:
        """Return the row as a parameter of a command, with the command's own words for it."""
        declared = copy(self.declared)
        declared.help = help_ or declared.help
        default = None if self.is_many else self.default
        default = Parameter.empty if REQUIRED in self.marks else default
        kind = list[str] if self.is_many else self.kind
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, declared])


def _rows() -> Mapping[str, _Row]:
    found: dict[str, _Row] = {}
    for field in fields(Given):
        kind, declared, *marks = get_args(field.type)
        found[field.name] = _Row(kind, get_origin(kind) is tuple, declared, field.default, tuple(marks))
    return found


_ROWS = _rows()
Command = Callable[[Given, Screen], int]
"""Carries a command out and returns the exit code."""


def command(
    app: typer.Typer,
    takes: str,
    *,
    panel: str | None = None,
    called: str | None = None,
    kind: type[TyperCommand] | None = None,
    **helps: str,
) -> Callable[[Command], Command]:
    """Make a command of a function: it takes these rows of the table, in this order.

    Args:
        app: What the command is added to.
        takes: The names of the rows, with spaces between them.
        panel: Below which title the help lists the command.
        called: The name of the command; default: that of the function.
        kind: The parser's class for the command, where it has its own.
        helps: The command's own words for rows that mean something special to it.
    """

    def add(function: Command) -> Command:
        def callback(**values: Any) -> None:
            given = Given(**{name: _ROWS[name].value(value) for name, value in values.items()})
            screen = Screen(is_json=given.as_json, is_quiet=given.quiet, has_pager=given.pager)
            raise typer.Exit(function(given, screen))

        parameters = [_ROWS[name].parameter(name, helps.get(name)) for name in takes.split()]
        callback.__dict__["__signature__"] = Signature(parameters)
        callback.__doc__ = function.__doc__
        app.command(called or function.__name__.replace("_", "-"), cls=kind, rich_help_panel=panel)(callback)
        return function

    return add
