"""The graph of a plan drawn with characters, Unicode or plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from rich.cells import cell_len, set_cell_size

from surefoot.core.record import record
from surefoot.views.graph.layout import Layout, Spot, layout_of, packed_width
from surefoot.views.graph.picture import TIMES, Box, Picture, folded

_LABELS = (32, 22, 14)
"""How long labels may be, the longest that fits."""
_LAYERS_MOST = 24
_GAP, _PASSING = 2, 1
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_JOINTS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""By the sum of the directions that meet."""
PLAIN = str.maketrans(
    dict.fromkeys("┌┐└┘┬┴├┤┼╵╷╴╶┏┓┗┛┯", "+")
    | {"│": "|", "┃": "|", "─": "-", "━": "=", "▼": "v", "…": "~", "→": ">", TIMES: "x"}
    | {"✓": "+", "✗": "x", "▶": ">"}
)
"""What stands for these characters where only ASCII can be shown."""
_FRAMES = {False: "┌─┐│└┘┬", True: "┏━┓┃┗┛┯"}


def graph_rows(picture: Picture, width: int, *, is_ascii: bool = False) -> list[str]:
    """Draw a graph in at most `width` columns, folded as far as it takes."""

    def fits(one: Picture) -> bool:
        return len(one.layers) <= _LAYERS_MOST and any(_is_narrow(one, most, width) for most in _LABELS)

    shown = folded(picture, fits)
    most = next((most for most in _LABELS if _is_narrow(shown, most, width)), max(1, width - 4))
    labels = [_label(box, most) for box in shown.boxes]
    layout = layout_of(shown, _widths(labels), _GAP, _PASSING)
    columns = [_columns(layer, width) for layer in layout.layers]
    canvas = _Canvas()
    top = 0
    for depth, layer in enumerate(layout.layers):
        for spot, at in zip(layer, columns[depth], strict=True):
            if spot.box is None:
                canvas.down(at, top, top + 2)
            else:
                canvas.box(labels[spot.box], at, top, is_heavy=shown.boxes[spot.box].is_critical)
        top += 3
        if depth < len(layout.links):
            top = _route(canvas, layout, depth, (columns[depth], columns[depth + 1]), top)
    rows = list(canvas.rows())
    return [row.translate(PLAIN) for row in rows] if is_ascii else rows


def _widths(labels: Sequence[str]) -> list[float]:
    # An odd width has a column in the middle.
    return [float(cell_len(label) + 4 | 1) for label in labels]


def _is_narrow(picture: Picture, most: int, width: int) -> bool:
    widths = _widths([_label(box, most) for box in picture.boxes])
    return packed_width(picture, widths, _GAP, _PASSING) <= width


def _label(box: Box, most: int) -> str:
    text = f"{box.size} steps: {box.said}" if box.kind == "folded" and box.said else box.label
    if cell_len(text) <= most:
        return text
    count, colon, names = text.partition(": ")
    if box.kind == "folded" and colon and len(count) + 6 <= most:
        return f"{count}: {_cut(names, most - len(count) - 2)}"
    return _cut(count if box.kind == "folded" else text, most)


def _cut(text: str, most: int) -> str:
    return text if cell_len(text) <= most else f"{set_cell_size(text, most - 1).rstrip()}…"


def _columns(layer: Sequence[Spot], width: int) -> list[int]:
    """Return the middle column of each spot: as placed, but inside the width and apart."""
    columns: list[int] = []
    end = -_GAP
    for spot in layer:
        half = int(spot.width) // 2
        columns.append(max(round(spot.x - 0.5), end + _GAP + half))
        end = columns[-1] + half + 1
    limit = width
    for at in range(len(layer) - 1, -1, -1):
        half = int(layer[at].width) // 2
        columns[at] = max(half, min(columns[at], limit - half - 1))
        limit = columns[at] - half - _GAP
    return columns


@record(frozen=False, kw_only=False)
class _Bus:
    """The way of all arrows from one spot to the next layer."""

    start: int
    ends: list[int]
    row: int = 0

    @property
    def left(self) -> int:
        return min(self.start, *self.ends)

    @property
    def right(self) -> int:
        return max(self.start, *self.ends)


def _route(canvas: _Canvas, layout: Layout, depth: int, columns: tuple[list[int], list[int]], top: int) -> int:
    """Draw what leads from one layer to the next; return the row where that begins."""
    here, there = columns
    ends: dict[int, list[int]] = {}
    for start, end in layout.links[depth]:
        ends.setdefault(start, []).append(there[end])
    entries = {there[end] for _, end in layout.links[depth]}
    buses: list[_Bus] = []
    for start, reached in sorted(ends.items()):
        spot = layout.layers[depth][start]
        buses.append(_Bus(_exit(spot, here[start], reached, entries), reached))
    lanes = _rows_for(buses)
    # Two rows below the lanes: the last line down, and the tip.
    bottom = top + lanes + 1
    firsts: dict[int, int] = {}
    for bus in sorted(buses, key=lambda bus: bus.row):
        for end in bus.ends:
            firsts.setdefault(end, top if bus.ends == [bus.start] else top + bus.row)
    for bus in buses:
        canvas.leave(bus.start, top - 1)
        if bus.ends == [bus.start]:
            canvas.down(bus.start, top, bottom)
            continue
        row = top + bus.row
        canvas.down(bus.start, top, row - 1)
        canvas.across(row, bus.left, bus.right)
        for column in {bus.start, *bus.ends}:
            up = column == bus.start or firsts[column] < row
            sides = _LEFT * (column > bus.left) | _RIGHT * (column < bus.right)
            canvas.joint(row, column, _UP * up | _DOWN * (column in bus.ends) | sides)
        for end in bus.ends:
            canvas.down(end, row + 1, bottom)
    for spot, column in zip(layout.layers[depth + 1], there, strict=True):
        if spot.box is not None and column in entries:
            canvas.tip(column, bottom)
    return bottom + 1


def _exit(spot: Spot, column: int, reached: Sequence[int], entries: set[int]) -> int:
    """Return where a spot is left: in its middle, unless a line to another box comes down there."""
    if column not in entries or column in reached or spot.box is None:
        return column
    return next((column + by for by in (2, -2, 1, -1) if column + by not in entries), column)


def _rows_for(buses: Sequence[_Bus]) -> int:
    """Give each a row in which it meets no other; return how many rows there are."""
    taken: list[list[tuple[int, int]]] = []
    for bus in sorted(buses, key=lambda bus: (bus.right - bus.left, bus.left)):
        if bus.ends == [bus.start]:
            continue
        bus.row = next(
            (
                row
                for row, spans in enumerate(taken)
                if all(bus.right < left - 1 or right + 1 < bus.left for left, right in spans)
            ),
            len(taken),
        )
        if bus.row == len(taken):
            taken.append([])
        taken[bus.row].append((bus.left, bus.right))
    return len(taken)


@record(frozen=False, kw_only=False)
class _Canvas:
    """Characters by row and column; a line down passes over one across."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])
    joints: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def box(self, label: str, middle: int, top: int, *, is_heavy: bool) -> None:
        """Draw a box with its label."""
        frame = _FRAMES[is_heavy]
        inner = int(_widths([label])[0]) - 2
        left = middle - inner // 2 - 1
        self.text(top, left, frame[0] + frame[1] * inner + frame[2])
        self.text(top + 1, left, frame[3] + f" {label}{' ' * (inner - 1 - cell_len(label))}" + frame[3])
        self.text(top + 2, left, frame[4] + frame[1] * inner + frame[5])

    def text(self, row: int, column: int, text: str) -> None:
        """Write text; a character of two columns leaves the second one empty."""
        for char in text:
            self.cells[row, column] = char
            for more in range(1, cell_len(char)):
                self.cells[row, column + more] = ""
            column += max(1, cell_len(char))

    def down(self, column: int, first: int, last: int) -> None:
        """Draw a line down."""
        for row in range(first, last + 1):
            self.cells[row, column] = "│"

    def across(self, row: int, left: int, right: int) -> None:
        """Draw a line across, below the lines down that are there or come."""
        for column in range(left, right + 1):
            self.cells.setdefault((row, column), "─")

    def joint(self, row: int, column: int, directions: int) -> None:
        """Let lines meet."""
        self.joints[row, column] = self.joints.get((row, column), 0) | directions

    def leave(self, column: int, row: int) -> None:
        """Let a line begin at the lower edge of a box."""
        edge = {"─": "┬", "━": "┯"}
        self.cells[row, column] = edge.get(self.cells.get((row, column), ""), "│")

    def tip(self, column: int, row: int) -> None:
        """Draw the tip of an arrow."""
        self.cells[row, column] = "▼"

    def rows(self) -> Iterator[str]:
        """Yield the rows from top to bottom."""
        for place, directions in self.joints.items():
            self.cells[place] = _JOINTS[directions]
        width = max((column for _, column in self.cells), default=-1) + 1
        for row in range(max((row for row, _ in self.cells), default=-1) + 1):
            yield "".join(self.cells.get((row, column), " ") for column in range(width)).rstrip()
