"""The parser of the command line, made of the table of commands; also help and completion.

To load the parser takes a quarter of the processor time of a short run. `surefoot.cli.plain_line` reads most lines
without.
"""

from __future__ import annotations

import os
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from surefoot.cli.command_table import COMMANDS, PLAN_PANEL
from surefoot.cli.completion import (
    offer_agents,
    offer_dead,
    offer_either,
    offer_open,
    offer_questions,
    offer_runs,
    offer_steps,
)
from surefoot.cli.optional_file import with_file
from surefoot.cli.options import ROWS, Command, Row

app = typer.Typer(
    name="surefoot",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    # Its help knows no other way to be without styles.
    rich_markup_mode=None if os.environ.get("NO_COLOR") else "rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Carry out plans of many steps on a repository: each step verified and committed, any kill survived.",
    epilog="Begin with: surefoot init, surefoot check surefoot.yaml, surefoot run surefoot.yaml",
)
policy_app = typer.Typer(no_args_is_help=True, help="Show which rules decide when a person is asked, and why.")
_GROUPS = {"": app, "policy": policy_app}
_OFFERED = {
    "runs": offer_runs,
    "steps": offer_steps,
    "either": offer_either,
    "agents": offer_agents,
    "questions": offer_questions,
    "open": offer_open,
    "dead": offer_dead,
}


class Subcommand(TyperCommand):
    """A command whose usage line has its arguments as the table declares them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line after the name."""
        arguments = (one.metavar for one in self.get_params(ctx) if one.param_type_name == "argument")
        return ["[OPTIONS]", *(one for one in arguments if one is not None)]


class WithOptionalFile(Subcommand):
    """A command whose `--svg` is followed by a file or by none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, with the file that may be left out."""
        return super().parse_args(ctx, with_file(args))


def _version(wanted: bool) -> None:  # noqa: FBT001 - it is typer that calls it
    if wanted:
        from surefoot.release import RELEASE

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


def add_command(to: typer.Typer, command: Command) -> None:
    """Make the parser know a command."""

    def callback(**values: Any) -> None:
        raise typer.Exit(command.carry_out(values))

    parameters = [_parameter(name, ROWS[name], command.helps.get(name)) for name in command.takes]
    callback.__dict__["__signature__"] = Signature(parameters)
    callback.__doc__ = command.body.__doc__
    kind = WithOptionalFile if command.has_optional_file else Subcommand
    to.command(command.name, cls=kind, rich_help_panel=command.panel)(callback)


def _parameter(name: str, row: Row, help_: str | None) -> Parameter:
    """Return a row as a parameter of a command, with the command's own words for it."""
    declared = row.declared
    offered = None if declared.offers is None else _OFFERED[declared.offers]
    words: dict[str, Any] = {
        "help": help_ or declared.says,
        "metavar": declared.metavar,
        "min": declared.least,
        "autocompletion": offered,
    }
    typed = typer.Option(*declared.names, **words) if declared.names else typer.Argument(**words)
    default = None if row.is_many else row.default
    default = Parameter.empty if row.is_required else default
    kind = row.kind | None if row.default is None else row.kind
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[list[str] if row.is_many else kind, typed]
    )


app.add_typer(policy_app, name="policy", rich_help_panel=PLAN_PANEL)
for _one in COMMANDS.values():
    add_command(_GROUPS[_one.group], _one)
