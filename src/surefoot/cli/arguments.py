"""Arguments and options that several commands have.

Owns their names and help. Must never hold a command. Read `surefoot.cli.app` next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli.completion import offer_questions, offer_runs

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
QuestionName = Annotated[
    str, typer.Argument(metavar="QUESTION", help="Its id, as it is shown.", autocompletion=offer_questions)
]
