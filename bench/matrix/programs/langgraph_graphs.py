"""LangGraph: graphs with its SQLite checkpointer and `durability="sync"`, questions by `interrupt`.

Started by `bench.matrix.driving`, which copies this file into the folder of a trial. Prints one line of JSON.
"""

from __future__ import annotations

import json
import operator
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypedDict

# Not installed where types are checked.
_graph: Any = import_module("langgraph.graph")
_types: Any = import_module("langgraph.types")
_saver: Any = import_module("langgraph.checkpoint.sqlite").SqliteSaver

FOLDER = Path(sys.argv[1])
CONFIG = {"configurable": {"thread_id": "trial"}}


class Done(TypedDict, total=False):
    """The state of a graph: what was done, and the words that are to be sent."""

    done: Annotated[list[str], operator.add]
    words: str


Body = Callable[[Done], dict[str, Any]]


def perform(name: str) -> None:
    """Perform an effect, as a tool that runs a shell command does."""
    subprocess.run(["sh", str(FOLDER / "effect.sh"), str(FOLDER), name], check=True, stdin=subprocess.DEVNULL)


def node(name: str) -> Body:
    """Return a node that performs one effect."""

    def act(_: Done) -> dict[str, Any]:
        perform(name)
        return {"done": [name]}

    return act


def checked(name: str) -> Body:
    """Return a node that first looks whether its effect was performed already: written by the user."""

    def act(_: Done) -> dict[str, Any]:
        if name not in (FOLDER / "ledger").read_text("utf-8").split():
            perform(name)
        return {"done": [name]}

    return act


def line(bodies: dict[str, Body]) -> Any:
    """Return a graph whose nodes follow one another."""
    graph = _graph.StateGraph(Done)
    names = list(bodies)
    for name, body in bodies.items():
        graph.add_node(name, body)
    for one, other in zip([_graph.START, *names], [*names, _graph.END], strict=True):
        graph.add_edge(one, other)
    return graph


def chain() -> Any:
    """Return three effects."""
    return line({name: node(name) for name in ("first", "second", "third")})


def chain_checked() -> Any:
    """Return three effects that look first."""
    return line({name: checked(name) for name in ("first", "second", "third")})


def _two_questions(_: Done) -> dict[str, Any]:
    return {"done": [_types.interrupt("the first question"), _types.interrupt("the second question")]}


def asked_inside() -> Any:
    """Return one node with an effect and two questions behind it: what the pages warn of."""

    def act(state: Done) -> dict[str, Any]:
        perform("sent")
        return _two_questions(state)

    return line({"act": act})


def asked_apart() -> Any:
    """Return the effect in a node, the questions in another: what the pages recommend."""
    return line({"sent": node("sent"), "ask": _two_questions})


def parallel() -> Any:
    """Return three nodes that run at once; two of them ask first."""

    def asking(name: str) -> Body:
        def act(_: Done) -> dict[str, Any]:
            if _types.interrupt(f"may {name} be performed?") == "yes":
                perform(name)
            return {"done": [name]}

        return act

    graph = _graph.StateGraph(Done)
    for name, body in {"a": node("a"), "b": asking("b"), "c": asking("c")}.items():
        graph.add_node(name, body)
        graph.add_edge(_graph.START, name)
        graph.add_edge(name, _graph.END)
    return graph


def approval() -> Any:
    """Return a question with the effect behind it, in a node of its own."""

    def ask(_: Done) -> dict[str, Any]:
        return {"words": _types.interrupt("may it be sent?")}

    def send(state: Done) -> dict[str, Any]:
        if state.get("words") == "yes":
            perform("sent")
        return {"done": ["sent"]}

    return line({"ask": ask, "send": send})


def words() -> Any:
    """Return one node that reads what is to be sent, shows it, and sends it: as in the pages' example of a tool."""

    def act(_: Done) -> dict[str, Any]:
        text = (FOLDER / "workspace" / "words.txt").read_text("utf-8").strip()
        if _types.interrupt(f"may {text} be sent?") == "yes":
            perform(f"sent-{text}")
        return {"done": [text]}

    return line({"act": act})


def words_kept() -> Any:
    """Return the same with the words kept in the state by a node of their own."""

    def draft(_: Done) -> dict[str, Any]:
        return {"words": (FOLDER / "workspace" / "words.txt").read_text("utf-8").strip()}

    def send(state: Done) -> dict[str, Any]:
        text = state.get("words", "")
        if _types.interrupt(f"may {text} be sent?") == "yes":
            perform(f"sent-{text}")
        return {"done": [text]}

    return line({"draft": draft, "send": send})


def files() -> Any:
    """Return one node that leaves a file behind at its first attempt and fails, with a retry policy."""

    def act(_: Done) -> dict[str, Any]:
        half = FOLDER / "workspace" / "half.txt"
        tried = FOLDER / "tried"
        if not tried.exists():
            tried.touch()
            half.touch()
            raise ConnectionError("the first attempt fails half-way")
        perform("saw-half" if half.exists() else "saw-nothing")
        return {"done": ["looked"]}

    graph = _graph.StateGraph(Done)
    graph.add_node("act", act, retry_policy=_types.RetryPolicy(max_attempts=2, initial_interval=0.1))
    graph.add_edge(_graph.START, "act")
    graph.add_edge("act", _graph.END)
    return graph


GRAPHS: dict[str, Callable[[], Any]] = {
    "chain": chain,
    "chain-checked": chain_checked,
    "asked-inside": asked_inside,
    "asked": asked_apart,
    "parallel": parallel,
    "approval": approval,
    "words-read": words,
    "words": words_kept,
    "expiring": approval,
    "files": files,
}


def main() -> None:
    """Run, go on with, or answer the graph that is named."""
    flow, verb, *told = sys.argv[2:]
    with _saver.from_conn_string(str(FOLDER / "langgraph.db")) as saver:
        app = GRAPHS[flow]().compile(checkpointer=saver)
        first: Any = {"done": []} if verb == "run" else None
        if verb == "answer":
            first = _types.Command(resume={told[0]: told[1]})
        app.invoke(first, CONFIG, durability="sync")
        state = app.get_state(CONFIG)
        asked = [{"id": each.id, "text": str(each.value)} for each in state.interrupts]
        ending = "waiting" if asked else ("stuck" if state.next else "ended")
        sys.stdout.write(json.dumps({"state": ending, "questions": asked}) + "\n")


if __name__ == "__main__":
    main()
