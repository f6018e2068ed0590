"""The drawings of a graph that a command line asks for: `--mermaid` and `--svg`."""

from __future__ import annotations

from surefoot.cli.optional_file import STANDARD_OUTPUT, write_drawing
from surefoot.cli.options import Given
from surefoot.views.graph.mermaid import mermaid
from surefoot.views.graph.picture import Picture
from surefoot.views.graph.svg import svg


def drawings(given: Given, picture: Picture, title: str, caption: str) -> dict[str, str]:
    """Return the drawings for standard output by their names; write the one for a file.

    Raises:
        UsageError: the file is the name of a plan, or cannot be written.
    """
    drawn = {"mermaid": mermaid(picture)} if given.mermaid else {}
    if given.svg is None:
        return drawn
    image = svg(picture, title, caption)
    if given.svg == STANDARD_OUTPUT:
        return {**drawn, "svg": image}
    write_drawing(given.svg, image)
    return drawn
