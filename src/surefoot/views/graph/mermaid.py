"""The graph of a plan or of a run as Mermaid, for Markdown pages."""

from __future__ import annotations

from surefoot.views.graph.picture import TIMES, Picture, folded

_ARROWS_MOST = 480
"""Mermaid refuses to draw more than 500."""
_BOXES_MOST = 400
_PLAIN = f" ./-:,@+…→{TIMES}"
_SHAPES = {"step": ("[", "]"), "group": ("[[", "]]"), "ask": ("{{", "}}"), "folded": ("[/", "/]")}
_STATES = {
    "verified": "stroke:#1a7f37",
    "unproved": "stroke:#9a6700",
    "running": "stroke:#0b5cad",
    "waiting": "stroke:#9a6700",
    "failed": "stroke:#cf222e",
    "in_doubt": "stroke:#cf222e",
}
_CLASSES = ("    classDef critical stroke-width:3px", "    classDef outside stroke-dasharray:5 3")


def mermaid(picture: Picture) -> str:
    """Return a flow chart: groups with double sides, questions as hexagons, outside effects dashed."""
    shown = folded(picture, lambda one: len(one.arrows) <= _ARROWS_MOST and len(one.boxes) <= _BOXES_MOST)
    lines = ["flowchart TD"]
    for at, box in enumerate(shown.boxes):
        left, right = _SHAPES[box.kind]
        text = _escaped(box.label) + (f"<br/>{_escaped(box.said)}" if box.said else "")
        lines.append(f'    b{at}{left}"{text}"{right}')
    lines += [f"    b{start} --> b{end}" for start, end in shown.arrows]
    for definition in _CLASSES:
        name = definition.split()[1]
        members = [f"b{at}" for at, box in enumerate(shown.boxes) if getattr(box, f"is_{name}")]
        lines += [definition, f"    class {','.join(members)} {name}"] if members else []
    for state, style in _STATES.items():
        members = [f"b{at}" for at, box in enumerate(shown.boxes) if box.state == state]
        lines += [f"    classDef {state} {style}", f"    class {','.join(members)} {state}"] if members else []
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Write as numbers what Mermaid, or Markdown in it, would take as its own."""
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in text)
