"""The commands, their arguments and their help.

Owns the surface of the command line. Each command is one call into a module that is loaded only then. Must never do
anything itself. Read `surefoot.cli.running` and `surefoot.cli.reading` next.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.arguments import (
    Allow,
    AsJson,
    CostUsd,
    Models,
    NamedRuns,
    Quiet,
    Repo,
    Requests,
    Review,
    RunName,
    RunOrStep,
    Tokens,
    Yes,
)
from surefoot.cli.completion import offer_steps
from surefoot.cli.deciding_commands import add_commands
from surefoot.cli.optional import WithOptionalFile
from surefoot.cli.policy_commands import policy_app
from surefoot.cli.screen import Screen

app = typer.Typer(
    name="surefoot",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    # Its help knows no other way to be without styles.
    rich_markup_mode=None if os.environ.get("NO_COLOR") else "rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Carry a plan of many small steps through to verified commits, survive any kill, and report what is left.",
    epilog="Begin with: surefoot init, surefoot check surefoot.yaml, surefoot run surefoot.yaml",
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - it is typer that calls it
    if wanted:
        from surefoot.journal import RELEASE

        typer.echo(f"surefoot {RELEASE}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def top(
    ctx: typer.Context,
    *,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Show the help when no command is given."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(2)


app.add_typer(policy_app, name="policy", rich_help_panel="Plan")


# --- work


@app.command(rich_help_panel="Work")
def run(  # noqa: PLR0913 - a command has as many parameters as it has options
    plan: Annotated[str, typer.Argument(metavar="PLAN|GOAL", help="A plan file (.yaml, .yml), or a goal in words.")],
    *,
    repo: Repo = None,
    run_id: Annotated[
        str | None, typer.Option("--run-id", metavar="ID", help="The id of the run: YYYYMMDD-xxxxxx.")
    ] = None,
    include_dirty: Annotated[
        bool, typer.Option("--include-dirty", help="Start from the checkout as it is, not from HEAD.")
    ] = False,
    cwd: Annotated[
        Path | None,
        typer.Option("--cwd", metavar="DIR", help="Carry the plan out in this folder, as if it were the repository."),
    ] = None,
    yes: Yes = False,
    allow: Allow = None,
    model: Models = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="CMD", help="For a goal: this command has to pass in the end; repeatable."),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="GLOB", help="For a goal: change only such files; repeatable."),
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="For a goal: stop once there is a plan.")] = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan-file", metavar="FILE", help="For a goal: write the plan there.")
    ] = None,
    review: Review = None,
    cost_usd: CostUsd = None,
    tokens: Tokens = None,
    requests: Requests = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Carry out a plan, or a goal: each step verified and committed on its own branch, your checkout untouched.

    Example: surefoot run migrate.yaml --allow publish
    """
    from surefoot.cli.goals import Aims, Amounts
    from surefoot.cli.running import Consent, Start, start

    aims = Aims(accept=tuple(accept or ()), scope=tuple(scope or ()), plan_only=plan_only, plan_file=plan_file)
    asked = Start(plan=plan, repo=repo, run_id=run_id, include_dirty=include_dirty, cwd=cwd, aims=aims)
    amounts = Amounts(cost_usd=cost_usd, tokens=tokens, requests=requests)
    consent = Consent(yes=yes, allow=tuple(allow or ()), models=tuple(model or ()), review=review, amounts=amounts)
    raise typer.Exit(start(asked, consent, Screen(is_json=as_json, is_quiet=quiet)))


@app.command(rich_help_panel="Work")
def resume(  # noqa: PLR0913 - as `run`
    run: RunName = None,
    *,
    repo: Repo = None,
    yes: Yes = False,
    allow: Allow = None,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End the engine that holds the run, and go on in its place.")
    ] = False,
    model: Models = None,
    review: Review = None,
    cost_usd: CostUsd = None,
    tokens: Tokens = None,
    requests: Requests = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was paused, killed, is at a limit, or waits for an answer.

    Example: surefoot resume --cost-usd 10
    """
    from surefoot.cli.goals import Amounts
    from surefoot.cli.running import Consent, resume

    amounts = Amounts(cost_usd=cost_usd, tokens=tokens, requests=requests)
    consent = Consent(
        yes=yes,
        allow=tuple(allow or ()),
        take_over=take_over,
        models=tuple(model or ()),
        review=review,
        amounts=amounts,
    )
    raise typer.Exit(resume(run, repo, consent, Screen(is_json=as_json, is_quiet=quiet)))


@app.command(rich_help_panel="Work")
def retry(  # noqa: PLR0913 - as `run`
    run: RunOrStep = None,
    steps: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STEP]...", help="Which (default: all that failed).", autocompletion=offer_steps),
    ] = None,
    *,
    repo: Repo = None,
    yes: Yes = False,
    allow: Allow = None,
    model: Models = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Try failed, skipped or cancelled steps again, with all that waited for them.

    Example: surefoot retry build
    """
    from surefoot.cli.running import Consent, retry

    consent = Consent(yes=yes, allow=tuple(allow or ()), models=tuple(model or ()))
    words = tuple(word for word in (run, *(steps or ())) if word is not None)
    screen = Screen(is_json=as_json, is_quiet=quiet)
    raise typer.Exit(retry(words, repo, consent, screen))


@app.command(rich_help_panel="Work")
def pause(run: RunName = None, *, repo: Repo = None, as_json: AsJson = False) -> None:
    """Let nothing new start; what runs is finished first.

    Example: surefoot pause
    """
    from surefoot.cli.steering import pause

    raise typer.Exit(pause(run, repo, Screen(is_json=as_json)))


@app.command(rich_help_panel="Work")
def cancel(run: RunName = None, *, repo: Repo = None, as_json: AsJson = False) -> None:
    """End a run where it is; what was verified is kept.

    Example: surefoot cancel 20260401
    """
    from surefoot.cli.steering import cancel

    raise typer.Exit(cancel(run, repo, Screen(is_json=as_json)))


add_commands(app)


# --- look


@app.command(rich_help_panel="Look")
def status(run: RunName = None, *, repo: Repo = None, as_json: AsJson = False) -> None:
    """Show in short where a run stands, what it asks, and what to type next.

    Example: surefoot status
    """
    from surefoot.cli.reading import status

    raise typer.Exit(status(run, repo, Screen(is_json=as_json)))


@app.command(rich_help_panel="Look")
def watch(
    run: RunName = None,
    *,
    repo: Repo = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the journal as it grows, one JSON object an event.")
    ] = False,
) -> None:
    """Watch a run that another program works on, until that stops. Ctrl-C leaves; the run goes on.

    Example: surefoot watch latest
    """
    from surefoot.cli.watching import watch

    raise typer.Exit(watch(run, repo, Screen(is_json=as_json)))


@app.command(rich_help_panel="Look")
def ls(
    *,
    repo: Annotated[
        Path | None, typer.Option("--repo", metavar="DIR", help="Only the runs of this repository or folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all runs, the newest first.

    Example: surefoot ls
    """
    from surefoot.cli.reading import list_runs

    raise typer.Exit(list_runs(repo, Screen(is_json=as_json)))


@app.command(rich_help_panel="Look")
def show(  # noqa: PLR0913 - as `run`
    run: RunOrStep = None,
    step: Annotated[str | None, typer.Argument(metavar="[STEP]", help="One step.", autocompletion=offer_steps)] = None,
    *,
    repo: Repo = None,
    events: Annotated[bool, typer.Option("--events", help="Show the journal, a line an event.")] = False,
    output: Annotated[bool, typer.Option("--output", help="Show all that the step's body printed.")] = False,
    turns: Annotated[bool, typer.Option("--turns", help="Show all that the step's agent said and did.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Show its replies as the provider wrote them.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show the plan that a model made, as a plan file.")] = False,
    stat: Annotated[bool, typer.Option("--stat", help="Of the commit only how much was changed in each file.")] = False,
    pager: Annotated[bool, typer.Option("--pager/--no-pager", help="Whether what is long comes page by page.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show the steps of a run; or of one step what it was asked, attempts, checks with evidence, output and commit.

    Example: surefoot show build --output
    """
    from surefoot.cli.showing import Wanted, show

    wanted = Wanted(events=events, output=output, stat=stat, turns=turns, raw=raw, plan=plan)
    words = tuple(word for word in (run, step) if word is not None)
    raise typer.Exit(show(words, repo, wanted, Screen(is_json=as_json, has_pager=pager)))


@app.command(rich_help_panel="Look")
def report(
    run: RunName = None,
    *,
    repo: Repo = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown, in full.")] = False,
    is_long: Annotated[
        bool, typer.Option("--long", help="Also the points to go back to, and how people were asked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Report what was verified, what was not and why, and how to go on; at any moment.

    Example: surefoot report --markdown > report.md
    """
    from surefoot.cli.reading import report

    raise typer.Exit(report(run, repo, Screen(is_json=as_json), markdown=markdown, is_long=is_long))


@app.command(rich_help_panel="Look")
def cost(run: RunName = None, *, repo: Repo = None, as_json: AsJson = False) -> None:
    """Show what the models of a run took: money, tokens and requests, by phase, step, role and model.

    Example: surefoot cost latest
    """
    from surefoot.cli.cost import cost

    raise typer.Exit(cost(run, repo, Screen(is_json=as_json)))


@app.command(rich_help_panel="Look")
def audit(
    run: RunName = None,
    *,
    repo: Repo = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Write the whole trail into a file that can be checked anywhere."
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option("--verify", metavar="FILE", help="Check such a file, without the run or its home."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a run's journal with its hashes, its evidence and its commits. Exit code 1: something does not fit.

    Example: surefoot audit latest --export trail.jsonl
    """
    from surefoot.cli.auditing import Trail, audit

    raise typer.Exit(audit(run, repo, Trail(export=export, verify=verify), Screen(is_json=as_json)))


# --- keep


@app.command(rich_help_panel="Keep or drop")
def land(
    run: RunName = None,
    *,
    repo: Repo = None,
    squash: Annotated[bool, typer.Option("--squash", help="As one commit instead of one a step.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Land what there is, although something is missing.")] = False,
    run_hooks: Annotated[
        bool, typer.Option("--run-hooks", help="Run your git hooks although the run brings or changes hooks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Merge a run's verified work into the branch you have checked out.

    Example: surefoot land --squash
    """
    from surefoot.cli.keeping import land

    raise typer.Exit(land(run, repo, Screen(is_json=as_json), squash=squash, yes=yes, run_hooks=run_hooks))


@app.command(rich_help_panel="Keep or drop")
def restore(
    run: RunName = None,
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="STEP", help="The step to go back to.", autocompletion=offer_steps)
    ],
    repo: Repo = None,
    yes: Annotated[bool, typer.Option("--yes", help="Although irreversible effects came later.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a paused or ended run back to where a step left it; later steps are to be done again.

    Example: surefoot restore latest --to build
    """
    from surefoot.cli.steering import restore

    raise typer.Exit(restore((run, to), repo, Screen(is_json=as_json), yes=yes))


@app.command(rich_help_panel="Keep or drop")
def rm(
    run: NamedRuns,
    *,
    repo: Repo = None,
    branch: Annotated[bool, typer.Option("--branch", help="Delete its branch, too, merged by `land` or not.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete runs: their folders, journals, what they kept in the repository. Branches stay unless you say so.

    Example: surefoot rm 20260401-k3x9ab --branch
    """
    from surefoot.cli.keeping import remove

    raise typer.Exit(remove(run, repo, Screen(is_json=as_json), branch=branch))


@app.command(rich_help_panel="Keep or drop")
def gc(*, as_json: AsJson = False) -> None:
    """Delete the lanes and environments of ended runs, and what belongs to no run any more.

    Example: surefoot gc
    """
    from surefoot.cli.keeping import collect

    raise typer.Exit(collect(Screen(is_json=as_json)))


# --- plan


@app.command(rich_help_panel="Plan")
def init(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="Where to.")] = Path("surefoot.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Write a small plan with comments, which runs as it is.

    Example: surefoot init plans/rename.yaml
    """
    from surefoot.cli.starting import init

    raise typer.Exit(init(path, Screen(is_json=as_json)))


@app.command(rich_help_panel="Plan", cls=WithOptionalFile)
def check(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file.")],
    *,
    repo: Repo = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the graph as Mermaid, and nothing else.")] = False,
    svg: Annotated[
        str | None,
        typer.Option(
            "--svg",
            metavar="[FILE]",
            help="Draw the graph as SVG into a file, or on standard output.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look a plan over without running it: findings, graph, what runs at once. Exit code 1: problems were found.

    Example: surefoot check migrate.yaml --svg migrate.svg
    """
    from surefoot.cli.plans import Drawing, check

    raise typer.Exit(check(plan, repo, Drawing(mermaid=mermaid, svg=svg), Screen(is_json=as_json)))


@app.command(rich_help_panel="Plan")
def schema(
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to (default: standard output).")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of plan files, by which editors complete and check them.

    Example: surefoot schema surefoot.schema.json
    """
    from surefoot.cli.starting import schema

    raise typer.Exit(schema(path, Screen(is_json=as_json)))


@app.command(rich_help_panel="Plan")
def doctor(*, as_json: AsJson = False) -> None:
    """Check this machine for what runs need, and suggest fixes.

    Example: surefoot doctor
    """
    from surefoot.cli.doctor import doctor

    raise typer.Exit(doctor(Screen(is_json=as_json)))
