"""LangGraph with its SQLite checkpointer and `durability="sync"`.

A chain is one node that goes round: with a node a step, LangGraph's checkpoints grow with the chain, which would not be
its best.
"""

from __future__ import annotations

import asyncio
import operator
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypedDict

# Not installed where types are checked.
_graph: Any = import_module("langgraph.graph")
_types: Any = import_module("langgraph.types")
_saver: Any = import_module("langgraph.checkpoint.sqlite.aio").AsyncSqliteSaver


class Counted(TypedDict):
    """The state of a graph: how far it is, and how far it goes."""

    done: Annotated[int, operator.add]
    wanted: int


async def _nothing(_: Counted) -> dict[str, int]:
    return {"done": 1}


def _round(state: Counted) -> str:
    return "nothing" if state["done"] < state["wanted"] else _graph.END


def _spread(state: Counted) -> list[Any]:
    return [_types.Send("nothing", state) for _ in range(state["wanted"])]


def _ring() -> Any:
    graph = _graph.StateGraph(Counted)
    graph.add_node("nothing", _nothing)
    graph.add_edge(_graph.START, "nothing")
    graph.add_conditional_edges("nothing", _round)
    return graph


def _fan() -> Any:
    graph = _graph.StateGraph(Counted)
    for name in ("first", "nothing", "last"):
        graph.add_node(name, _nothing)
    graph.add_edge(_graph.START, "first")
    graph.add_conditional_edges("first", _spread, ["nothing"])
    graph.add_edge("nothing", "last")
    graph.add_edge("last", _graph.END)
    return graph


async def _timed(graph: Any, folder: Path, wanted: int, runs: int) -> float:
    async with _saver.from_conn_string(str(folder / "langgraph.db")) as saver:
        app = graph.compile(checkpointer=saver)
        await saver.setup()
        begun = time.perf_counter()
        await asyncio.gather(*(_one(app, f"run-{number}", wanted) for number in range(runs)))
        return time.perf_counter() - begun


async def _one(app: Any, name: str, wanted: int) -> None:
    config = {"configurable": {"thread_id": name}, "recursion_limit": wanted + 10}
    state = await app.ainvoke({"done": 0, "wanted": wanted}, config, durability="sync")
    assert state["done"] >= wanted


def chain(folder: Path, steps: int) -> float:
    """Go round one node as often as there are steps."""
    return asyncio.run(_timed(_ring(), folder, steps, 1))


def fan(folder: Path, width: int) -> float:
    """Send to one node many times at once."""
    return asyncio.run(_timed(_fan(), folder, width, 1))


def many(folder: Path, runs: int, steps: int) -> float:
    """Run many chains at once."""
    return asyncio.run(_timed(_ring(), folder, steps, runs))
