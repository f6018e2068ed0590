"""Lines of text, broken into rows of a width.

By `textwrap`, for rich tears a word that is longer than a row, or cuts off its end: a path or a command that is to be
copied has to stay whole. Columns are set in the texts themselves, for a pipe gets the same columns, without rich, which
takes longer to load than `status` to answer.
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
