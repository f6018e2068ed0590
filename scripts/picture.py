"""Draw a run as a timeline in SVG, from its journal alone.

Usage: `python scripts/picture.py HOME RUN FILE`, where HOME is a `$SUREFOOT_HOME`. The picture in the README was drawn
from a run of `examples/sqlparse/plan.yaml` that was killed once with SIGKILL and resumed. `make demo` makes such a run:
`python scripts/picture.py $SUREFOOT_HOME 20260101-decade docs/run.svg`.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from surefoot import api
from surefoot.core import events as ev
from surefoot.core.events import ACCEPTANCE, Event

WIDTH, LEFT, RIGHT, TOP, ROW = 980, 262, 150, 92, 21
NAME_MAX = 38
MARKS_MAX = 12
BEGINNINGS: dict[type[Event], str] = {
    ev.LaneRequested: "prepare",
    ev.CheckpointRequested: "check",
    ev.CheckRequested: "check",
    ev.BodyStarted: "body",
    ev.RestoreRequested: "restore",
}
ENDINGS = (ev.LaneReady, ev.Checkpointed, ev.CheckAnswered, ev.BodyFinished, ev.LaneRestored)
PALETTE = {
    # For each class: the property it sets, and the colour in light and in dark surroundings.
    "card": ("fill", "#ffffff", "#0d1117"),
    "band": ("fill", "#eef1f4", "#1b222b"),
    "line": ("stroke", "#e4e8ec", "#21262d"),
    "rim": ("stroke", "#d0d7de", "#3d444d"),
    "prepare": ("fill", "#c4ccd4", "#48515b"),
    "check": ("fill", "#a8c7f5", "#2b5288"),
    "body": ("fill", "#1f6feb", "#58a6ff"),
    "restore": ("fill", "#d4a72c", "#d29922"),
    "lost": ("fill", "#ee8f98", "#a8323b"),
    "skip": ("fill", "#8c959f", "#9198a1"),
    "cut": ("stroke", "#cf222e", "#f85149"),
    "go": ("stroke", "#1a7f37", "#3fb950"),
    "good": ("fill", "#1a7f37", "#3fb950"),
    "bad": ("fill", "#cf222e", "#f85149"),
    "mute": ("fill", "#59636e", "#9198a1"),
}
FONTS = """text { font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.mono { font: 11px ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
.title { font-size: 15px; font-weight: 600; }
.strong { font-weight: 600; }
.cut, .go { stroke-width: 1.5; }
"""


def style() -> str:
    """The picture's style sheet; where it is shown decides between light and dark."""
    light = "\n".join(f".{name} {{ {what}: {colour}; }}" for name, (what, colour, _) in PALETTE.items())
    dark = "\n".join(f".{name} {{ {what}: {colour}; }}" for name, (what, _, colour) in PALETTE.items())
    return (
        f"{FONTS}text {{ fill: #1f2328; }}\n{light}\n"
        f"@media (prefers-color-scheme: dark) {{\ntext {{ fill: #e6edf3; }}\n{dark}\n}}\n"
    )


@dataclass(slots=True)
class Row:
    """One line of the picture."""

    name: str
    spans: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])
    result: str = ""
    ended: float = 0.0


@dataclass(slots=True)
class Picture:
    """What is drawn: rows in the order of their first event, and the gap in which nobody was at work."""

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    gaps: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    began: float = 0.0
    ended: float = 0.0
    outcome: str = ""
    goal: str = ""


def read(events: Iterable[Event]) -> Picture:
    """Fold a run's events into a picture."""
    picture = Picture()
    under_way: dict[str, tuple[str, float]] = {}
    is_on = False
    for event in events:
        name = name_of(event)
        row = picture.rows.setdefault(name, Row(name)) if name else None
        if isinstance(event, ev.RunCreated):
            picture.began, picture.goal = event.at, event.plan.goal
        elif isinstance(event, ev.EngineStarted):
            if is_on:
                cut_off(picture, under_way, event.at)
            is_on = True
        elif isinstance(event, ev.EngineStopped):
            is_on = False
        elif isinstance(event, ev.RunEnded):
            picture.outcome = event.outcome.value.replace("_", " ")
        elif type(event) in BEGINNINGS:
            under_way[name] = BEGINNINGS[type(event)], event.at
        elif isinstance(event, ENDINGS) and name in under_way and row is not None:
            kind, since = under_way.pop(name)
            row.spans.append((kind, since, event.at))
        elif isinstance(event, ev.StepVerified | ev.StepSkipped | ev.StepFailed) and row is not None:
            row.result, row.ended = result_of(event), event.at
        picture.ended = max(picture.ended, event.at)
    return picture


def cut_off(picture: Picture, under_way: dict[str, tuple[str, float]], resumed: float) -> None:
    """Mark what the end of an engine cost: of a step the whole attempt, for it is done again."""
    last_word = picture.ended
    picture.gaps.append((last_word, resumed))
    for name, (_, since) in under_way.items():
        row = picture.rows[name]
        if name.startswith("("):
            row.spans.append(("lost", since, last_word))
        else:
            begun = min((begun for _, begun, _ in row.spans), default=since)
            row.spans = [("lost", begun, last_word)]
    under_way.clear()


def name_of(event: Event) -> str:
    """The row an event belongs to; empty for none."""
    if isinstance(event, ev.LaneRequested | ev.LaneReady):
        return "(acceptance, clean worktree)" if event.lane == "clean" else "(prepare, baseline)"
    if isinstance(event, ev.CheckEvent) and event.step == ACCEPTANCE:
        return "(acceptance, clean worktree)" if event.moment == "after" else "(prepare, baseline)"
    return event.step if isinstance(event, ev.StepEvent) else ""


def result_of(event: ev.StepVerified | ev.StepSkipped | ev.StepFailed) -> str:
    """What became of a step, in a word and its commit."""
    if isinstance(event, ev.StepVerified):
        return f"verified {event.commit[:7]}" if event.commit else "verified"
    return "skipped, restored" if isinstance(event, ev.StepSkipped) else "failed"


def draw(picture: Picture) -> str:
    """The picture as SVG."""
    span = picture.ended - picture.began
    scale = (WIDTH - LEFT - RIGHT) / span
    height = TOP + ROW * len(picture.rows) + 62
    bottom = TOP + ROW * len(picture.rows)

    def x(at: float) -> float:
        return round(LEFT + (at - picture.began) * scale, 1)

    verified = sum(row.result.startswith("verified") for row in picture.rows.values())
    steps = sum(bool(row.result) for row in picture.rows.values())
    said = f"{verified} of {steps} steps verified, each of them a commit; outcome of the run: {picture.outcome}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>A run that survives a kill</title>",
        f"<desc>{escape(said)}.</desc>",
        f"<style>\n{style()}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card rim"/>',
        f'<text x="20" y="30" class="title">{escape(picture.goal)}</text>',
        f'<text x="20" y="50" class="mute">{escape(said)}</text>',
    ]
    parts += ruler(picture, x, bottom)
    parts += (line for gap in picture.gaps for line in kill(gap, x, bottom))
    for number, row in enumerate(picture.rows.values()):
        parts += draw_row(row, x, TOP + ROW * number)
    return "\n".join([*parts, *legend(bottom + 44), "</svg>"]) + "\n"


def ruler(picture: Picture, x: Callable[[float], float], bottom: int) -> Iterable[str]:
    """Time in seconds, below the heading."""
    length_s = int(picture.ended - picture.began)
    every_s = next(step for step in (1, 5, 10, 30, 60, 300, 1800, 7200, 86400, 864000) if length_s / step <= MARKS_MAX)
    for second in range(0, length_s + 1, every_s):
        at = x(picture.began + second)
        yield f'<path d="M{at} {TOP - 10}V{bottom}" class="line"/>'
        yield f'<text x="{at}" y="{TOP - 16}" text-anchor="middle" class="mono mute">{second} s</text>'


def kill(gap: tuple[float, float], x: Callable[[float], float], bottom: int) -> Iterable[str]:
    """The gap between the kill and the resume."""
    left, right = x(gap[0]), max(x(gap[1]), x(gap[0]) + 3)
    yield f'<rect x="{left}" y="{TOP - 10}" width="{right - left}" height="{bottom - TOP + 10}" class="band"/>'
    yield f'<path d="M{left} {TOP - 10}V{bottom + 8}" class="cut"/>'
    yield f'<path d="M{right} {TOP - 10}V{bottom + 8}" class="go"/>'
    yield f'<text x="{left - 4}" y="{bottom + 18}" text-anchor="end" class="bad strong">SIGKILL</text>'
    yield f'<text x="{right + 4}" y="{bottom + 18}" class="good strong">resume</text>'


def draw_row(row: Row, x: Callable[[float], float], top: int) -> Iterable[str]:
    """One row: name, bars, result."""
    middle = top + ROW / 2
    name, is_own = row.name.removeprefix("modernise-").strip("()"), row.name.startswith("(")
    shown = name if len(name) <= NAME_MAX else "…" + name[1 - NAME_MAX :]
    look = "mute" if is_own else "mono"
    yield f'<text x="{LEFT - 14}" y="{middle + 4}" text-anchor="end" class="{look}">{escape(shown)}</text>'
    for kind, since, until in row.spans:
        left, width = x(since), max(round(x(until) - x(since), 1), 2)
        yield f'<rect x="{left}" y="{middle - 6}" width="{width}" height="12" rx="1.5" class="{kind}"/>'
    if row.result:
        good = row.result.startswith("verified")
        at, look = x(row.ended), "good" if good else "skip"
        yield f'<circle cx="{at + 6}" cy="{middle}" r="4" class="{look}"/>'
        tail = "mono good" if good else "mono mute"
        yield f'<text x="{WIDTH - RIGHT + 16}" y="{middle + 4}" class="{tail}">{escape(row.result)}</text>'


def legend(top: int) -> Iterable[str]:
    """What the colours mean."""
    words = {
        "prepare": "prepare",
        "check": "checkpoint and checks",
        "body": "the step's command",
        "lost": "cut off by the kill, repeated",
        "restore": "restore",
    }
    at = 20.0
    for kind, word in words.items():
        yield f'<rect x="{at}" y="{top - 10}" width="18" height="12" rx="1.5" class="{kind}"/>'
        yield f'<text x="{at + 24}" y="{top}" class="mute">{word}</text>'
        at += 48 + 6.3 * len(word)
    yield f'<circle cx="{at + 4}" cy="{top - 4}" r="4" class="good"/>'
    yield f'<text x="{at + 14}" y="{top}" class="mute">verified and committed</text>'


def main(arguments: list[str]) -> int:
    """Read a run's journal and write the picture."""
    if len(arguments) != 3:
        print("usage: python scripts/picture.py HOME RUN FILE", file=sys.stderr)
        return 2
    with api.Home(Path(arguments[0])) as home:
        run = home.find(arguments[1])
        picture = read(recorded.event for recorded in api.events(home, run))
    Path(arguments[2]).write_text(draw(picture), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
