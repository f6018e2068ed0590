"""Arguments and options that several commands have.

Owns their names and help. Must never hold a command. Read `surefoot.cli.app` next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.completion import offer_either, offer_questions, offer_runs

_RUN_HELP = "The run: its id, the beginning of it, or `latest` (of this repository)."
RunName = Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN_HELP, autocompletion=offer_runs)]
_EITHER_HELP = f"{_RUN_HELP} Left out before a step of the latest run."
RunOrStep = Annotated[str | None, typer.Argument(metavar="[RUN]", help=_EITHER_HELP, autocompletion=offer_either)]
NamedRuns = Annotated[list[str], typer.Argument(metavar="RUN...", help=_RUN_HELP, autocompletion=offer_runs)]
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
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="[ROLE=]PROVIDER:NAME", help="The model that is asked, or that plays a role; repeatable."
    ),
]
Review = Annotated[
    bool | None, typer.Option("--review/--no-review", help="Whether a fresh model looks at the whole result.")
]
CostUsd = Annotated[
    float | None, typer.Option("--cost-usd", metavar="X", min=0, help="What the run may cost, in US dollars.")
]
Tokens = Annotated[
    int | None, typer.Option("--tokens", metavar="N", min=1, help="How many tokens its models may take.")
]
Requests = Annotated[
    int | None, typer.Option("--requests", metavar="N", min=1, help="How many requests to models it may make.")
]
QuestionName = Annotated[
    str, typer.Argument(metavar="QUESTION", help="Its id, as it is shown.", autocompletion=offer_questions)
]
