"""`policy test`, `policy show`: their arguments and their help.

Owns this part of the surface of the command line. Must never do anything itself. Read `surefoot.cli.policy` next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.arguments import AsJson, Repo
from surefoot.cli.screen import Screen
from surefoot.core.rules import Effect

policy_app = typer.Typer(no_args_is_help=True, help="Say which rules decide how much say a person has, and why.")


@policy_app.command("test")
def policy_test(
    command: Annotated[str | None, typer.Argument(metavar="[COMMAND]", help="The command, as one argument.")] = None,
    *,
    effect: Annotated[Effect | None, typer.Option("--effect", help="The effect class of the step.")] = None,
    step: Annotated[str | None, typer.Option("--step", metavar="ID", help="The step that would run it.")] = None,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="The plan the step is in.")] = None,
    path: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="P", help="A file it would change; may be given more than once."),
    ] = None,
    repo: Repo = None,
    as_json: AsJson = False,
) -> None:
    """Say what decides about a command, and why; it is not run. Exit code 0, whatever is decided.

    Example: surefoot policy test "git push origin main"
    """
    from surefoot.cli.policy import Tested, test

    paths = tuple(path or ())
    tested = Tested(command=command, effect=effect, step=step, plan=plan, paths=paths, repo=repo)
    raise typer.Exit(test(tested, Screen(is_json=as_json)))


@policy_app.command("show")
def policy_show(
    *,
    plan: Annotated[Path | None, typer.Option("--plan", metavar="FILE", help="With the rules of this plan.")] = None,
    repo: Repo = None,
    as_json: AsJson = False,
) -> None:
    """List the rules that hold here, in the order in which they are asked.

    Example: surefoot policy show --json
    """
    from surefoot.cli.policy import show

    raise typer.Exit(show(plan, repo, Screen(is_json=as_json)))
