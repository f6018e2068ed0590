"""Text broken into rows of a given width.

With `textwrap`: rich tears or cuts words longer than a row, and a path or command has to stay whole to be copied.
Columns are set in the texts, so that a pipe gets them too and `status` does not load rich.
"""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.views.lines import Line


def wrapped(line: Line, width: int | None) -> list[str]:
    """Return the line as rows of at most `width` columns (words are never torn); None: as one row."""
    if width is None or line.is_whole:
        return [line.text]
    import textwrap

    from rich.cells import cell_len  # not loaded for a pipe, see above

    text = line.text.expandtabs()
    if cell_len(text) <= width:
        return [line.text]
    hang = min(line.hang, width // 2)
    # Some characters take two columns: then half as many are sure to fit.
    columns = width if cell_len(text) == len(text) else max(hang + len(line.bar) + 1, width // 2)
    return textwrap.wrap(
        text,
        columns,
        subsequent_indent=" " * hang + line.bar,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )


def plain(lines: Iterable[Line], width: int | None = None) -> str:
    """Return lines as text without colours."""
    return "\n".join(row for line in lines for row in wrapped(line, width))
