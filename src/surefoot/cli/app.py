"""The commands, their arguments and their help.

Owns the surface of the command line. Each command is one call into a module that is loaded only then. Must never do
anything itself. Read `surefoot.cli.running` and `surefoot.cli.reading` next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.completion import offer_questions, offer_runs, offer_steps
from surefoot.cli.screen import Screen

app = typer.Typer(
    name="surefoot",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Carry a plan of many small steps through to verified commits, survive any kill, report honestly what is left.",
    epilog="Begin with: surefoot init, surefoot check surefoot.yaml, surefoot run surefoot.yaml",
)

_RUN_HELP = "The run: its id, the beginning of it, or `latest` (of this repository)."
RunName = Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN_HELP, autocompletion=offer_runs)]
NamedRun = Annotated[str, typer.Argument(metavar="RUN", help=_RUN_HELP, autocompletion=offer_runs)]
Repo = Annotated[
    Path | None, typer.Option("--repo", metavar="DIR", help="The repository or folder (default: the current one).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, errors included.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, only questions and the result.")]
Yes = Annotated[bool, typer.Option("--yes", help="Approve what asks for confirmation, except irreversible steps.")]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="STEP", help="Approve this irreversible step; may be given more than once."),
]


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer passes it so
    if wanted:
        from importlib.metadata import version

        typer.echo(f"surefoot {version('surefoot')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    ctx: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Show the help when no command is given."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(2)


# --- work


@app.command(rich_help_panel="Work")
def run(  # noqa: PLR0913 - these are its options
    plan: Annotated[str, typer.Argument(metavar="PLAN|GOAL", help="A plan file (.yaml, .yml), or a goal in words.")],
    repo: Repo = None,
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="The id of the run: YYYYMMDD-xxxxxx.")
    ] = None,
    include_dirty: Annotated[
        bool, typer.Option("--include-dirty", help="Start from the checkout as it is, not from HEAD.")
    ] = False,
    yes: Yes = False,
    allow: Allow = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Carry out a plan: each step verified and committed on a branch of its own, your checkout untouched.

    Example: surefoot run migrate.yaml --allow publish
    """
    from surefoot.cli.running import Start, start

    asked = Start(plan=plan, repo=repo, run_id=run_id, include_dirty=include_dirty, yes=yes, allow=tuple(allow or ()))
    raise typer.Exit(start(asked, Screen(is_json=as_json, is_quiet=quiet)))


@app.command(rich_help_panel="Work")
def resume(  # noqa: PLR0913 - these are its options
    run: RunName = None,
    repo: Repo = None,
    yes: Yes = False,
    allow: Allow = None,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End the engine that holds the run, and go on in its place.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was paused, killed, or waits for an answer.

    Example: surefoot resume --yes
    """
    from surefoot.cli.running import resume as go_on

    options = {"yes": yes, "allow": tuple(allow or ()), "take_over": take_over}
    raise typer.Exit(go_on(run, repo, options, Screen(is_json=as_json, is_quiet=quiet)))
