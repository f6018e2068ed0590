"""`postmortem`: what became of a run, and why."""

from __future__ import annotations

from surefoot.api.home import Home
from surefoot.cli.lookup import find_run
from surefoot.cli.options import Given
from surefoot.cli.screen import Screen
from surefoot.views.lines import EMPTY, Line
from surefoot.views.postmortem import Postmortem


def postmortem(given: Given, screen: Screen) -> int:
    """Show the post-mortem of a run as text, Markdown or JSON."""
    with Home() as home:
        found = Postmortem.of(home, find_run(home, given.run, given.repo))
    if screen.is_json:
        screen.document(found.document())
    elif given.markdown:
        screen.text(found.markdown().rstrip("\n"))
    else:
        screen.show([Line(found.said, "head", hang=2)])
        for title, lines in found.sections():
            screen.show([EMPTY, Line(title, "head"), *(Line(f"  {line}", hang=6) for line in lines)])
    return 0
