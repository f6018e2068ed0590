"""The commands by which a person decides: inbox, approve, reject, edit, answer, take-over.

Owns their arguments and their help. Each is one call into a module that is loaded only then. Must never do anything
itself. Read `surefoot.cli.inbox` and `surefoot.cli.deciding` next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.arguments import AsJson, QuestionName, Repo
from surefoot.cli.completion import offer_open
from surefoot.cli.completion import offer_questions as offer
from surefoot.cli.screen import Screen

PANEL = "Decide"
AtOnce = Annotated[bool, typer.Option("--yes", help="Do not ask once more.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the surface."""
    for name, command in (
        ("inbox", inbox),
        ("approve", approve),
        ("reject", reject),
        ("edit", edit),
        ("answer", answer),
        ("take-over", take_over),
    ):
        app.command(name, rich_help_panel=PANEL)(command)


def inbox(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN|QUESTION]",
            help="One run, or one question in full with its changes.",
            autocompletion=offer_open,
        ),
    ] = None,
    *,
    repo: Repo = None,
    every: Annotated[bool, typer.Option("--all", help="The runs of all repositories.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing what comes, until Ctrl-C.")] = False,
    pager: Annotated[bool, typer.Option("--pager/--no-pager", help="Whether what is long comes page by page.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show what waits for a person: each question with how to answer it, those of one kind together.

    Example: surefoot inbox --all --watch
    """
    from surefoot.cli.inbox import Wanted, inbox

    wanted = Wanted(name=name, every=every, watch=watch)
    raise typer.Exit(inbox(wanted, repo, Screen(is_json=as_json, has_pager=pager)))


def approve(
    questions: Annotated[
        list[str], typer.Argument(metavar="QUESTION...", help="Their ids, as they are shown.", autocompletion=offer)
    ],
    *,
    repo: Repo = None,
    all_like: Annotated[
        bool, typer.Option("--all-like", help="And all of its kind in this run: those open now and those to come.")
    ] = False,
    yes: AtOnce = False,
    as_json: AsJson = False,
) -> None:
    """Approve exactly what questions show. What changes before it is done is asked about again.

    Example: surefoot approve 20260401-k3x9ab.1 20260401-k3x9ab.2
    """
    from surefoot.cli.deciding import approve

    raise typer.Exit(approve(questions, repo, Screen(is_json=as_json), all_like=all_like, at_once=yes))


def reject(
    questions: Annotated[
        list[str], typer.Argument(metavar="QUESTION...", help="Their ids, as they are shown.", autocompletion=offer)
    ],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why not; it stands in the report.")],
    repo: Repo = None,
    as_json: AsJson = False,
) -> None:
    """Say no to what questions show, and why.

    Example: surefoot reject 20260401-k3x9ab.1 --reason "Not before Monday"
    """
    from surefoot.cli.deciding import reject

    raise typer.Exit(reject(questions, reason, repo, Screen(is_json=as_json)))


def edit(
    question: QuestionName,
    *,
    command: Annotated[str | None, typer.Option("--command", metavar="TEXT", help="Run this instead.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A file with the command, the patch, or the plan.")
    ] = None,
    repo: Repo = None,
    yes: AtOnce = False,
    as_json: AsJson = False,
) -> None:
    """Approve something else: another command, patch or plan (default: in your editor).

    Example: surefoot edit 20260401-k3x9ab.1 --command "twine upload --repository testpypi dist/*"
    """
    from surefoot.cli.deciding import Wish, edit

    wish = Wish(command=command, file=file, at_once=yes)
    raise typer.Exit(edit(question, wish, repo, Screen(is_json=as_json)))


def answer(
    question: QuestionName,
    text: Annotated[
        str, typer.Argument(metavar="ANSWER", help="yes, no, applied, not_applied, done, abandon, or any text.")
    ],
    *,
    repo: Repo = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question of a run; an engine at work hears it at once.

    Example: surefoot answer 20260401-k3x9ab.1 yes
    """
    from surefoot.cli.deciding import answer

    raise typer.Exit(answer(question, text, repo, Screen(is_json=as_json)))


def take_over(question: QuestionName, *, repo: Repo = None, as_json: AsJson = False) -> None:
    """Do by hand what a question shows; the run waits, looks at what you did, and checks it.

    Example: surefoot take-over 20260401-k3x9ab.1
    """
    from surefoot.cli.deciding import take_over

    raise typer.Exit(take_over(question, repo, Screen(is_json=as_json)))
