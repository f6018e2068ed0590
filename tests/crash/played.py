"""The models of the crash proofs: agents that leave a trace of every command, and all four roles of a goal."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from surefoot import ScriptedReply, ScriptedRequest
from surefoot.core.agent_types import Fault, ModelFacts, ModelRouting, Price, Role, RoleModels

Call = tuple[str, dict[str, object]]
RAN = "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran"
_WAIT = re.compile(r"Wait for (\S+) before")
_LIMITED = "You are asked too often"

TWO = {"name": "two", "run": "grep -q two a.txt", "expect": "fail_to_pass"}
KNOWN = {
    "summary": "a.txt says one",
    "files": [{"path": "a.txt", "learned": "one"}],
    "scope": ["a.txt", "count.txt"],
    "accept": [TWO],
    "prepare": {"run": "echo ready > ready.log", "key": ["key.txt"]},
}
STEPS = [
    {
        "id": "fix",
        "why": "one is meant",
        "agent": "Write two.",
        "writes": ["a.txt"],
        "checks": [{**TWO, "name": "fixed"}],
    },
    {
        "id": "count",
        "why": "it is to be counted",
        "needs": ["fix"],
        "run": "echo $SUREFOOT_STEP >> $SUREFOOT_MEETING/ran; wc -l < a.txt > count.txt",
        "writes": ["count.txt"],
        "checks": [{"file": "count.txt", "exists": True, "expect": "fail_to_pass"}],
    },
]


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def claim(summary: str) -> Call:
    """Return the end of a conversation."""
    return ("finish", {"summary": summary, "confidence": 0.9, "uncertainties": ["whether it will be killed"]})


def traced(request: ScriptedRequest, number: int, command: str) -> Call:
    """Return a command that tells outside the lane that it runs, by the name of its call."""
    name = f"{request.step}/{request.attempt}/{request.turn}.{number}"
    return ("run", {"command": f"echo {name} >> $SUREFOOT_MEETING/ran; {command}"})


def replaced(path: str, old: str, new: str) -> Call:
    """Return an exact replacement."""
    return ("edit", {"edits": [{"path": path, "old": old, "new": new}]})


async def play(request: ScriptedRequest) -> ScriptedReply:
    """Return the reply of whoever is asked."""
    wait = _WAIT.search(request.text)
    if wait is not None and request.turn == 2:
        say("the model waits")
        while not _is_there(wait[1]):  # noqa: ASYNC110 - another program lets it go on
            await asyncio.sleep(0.02)
    if _LIMITED in request.text and request.turn == 2:
        return ScriptedReply(fault=Fault.RATE_LIMIT, retry_after_s=500)
    turns = {"scout": _scout, "planner": _planner, "reviewer": _reviewer, "replanner": _replanner}.get(
        request.role, _worker
    )(request)
    calls = turns[min(request.turn, len(turns)) - 1]
    return ScriptedReply(say=f"Turn {request.turn}.", calls=calls)


def _is_there(path: str) -> bool:
    return Path(path).exists()


def _scout(_: ScriptedRequest) -> list[list[Call]]:
    look: list[Call] = [("list", {}), ("read", {"path": "a.txt", "more": [{"path": "b.txt"}]})]
    return [look, [("note", {"text": "a.txt says one."}), ("understood", KNOWN)]]


def _planner(_: ScriptedRequest) -> list[list[Call]]:
    wrong = [{**STEPS[0], "needs": ["nobody"]}]
    return [[("plan", {"steps": wrong})], [("plan", {"steps": STEPS})]]


def _reviewer(_: ScriptedRequest) -> list[list[Call]]:
    return [
        [("git", {"args": ["log", "-3"]}), ("read", {"path": "a.txt"})],
        [("finish", {"summary": "looked at", "objections": [], "confidence": 0.8})],
    ]


def _replanner(_: ScriptedRequest) -> list[list[Call]]:
    """Drop what the agent warned of, and do its step without a model."""
    changes = [{"drop": "wrong"}, {"replace": {"id": "warns", "why": "w", "run": f"{RAN}; echo two > a.txt"}}]
    return [[("amend", {"why": "b.txt would be lost", "changes": changes})]]


def _proposing(request: ScriptedRequest) -> list[list[Call]]:
    """Say at work that the plan should be another: as operations, in words, or that it is wrong."""
    said = {"change": "Count it first", "why": "it is needed"}
    added = {"id": "added", "why": "it is needed", "run": f"{RAN}; wc -l < a.txt > added.txt"}
    more = {"proposes": {"changes": [{"add": added, "before": "after"}]}, "warns": {"plan_is_wrong": True}}
    return [[replaced("a.txt", "one", "two"), ("propose", said | more.get(request.step, {}))], [claim("It says two.")]]


def _worker(request: ScriptedRequest) -> list[list[Call]]:
    if request.step == "learns":
        return _learning(request)
    if request.step in ("proposes", "doubts", "warns"):
        return _proposing(request)
    if request.step == "hold":
        return _holding(request)
    if request.step == "fix":
        return [[("read", {"path": "a.txt"})], [replaced("a.txt", "one", "two")], [claim("It says two.")]]
    return [
        [("read", {"path": "a.txt"}), ("read", {"path": "b.txt"}), ("list", {}), ("search", {"pattern": "one"})],
        [replaced("a.txt", "one", "two"), traced(request, 2, "echo appended >> a.txt"), ("read", {"path": "a.txt"})],
        [("note", {"text": "a.txt ends with what was appended."}), ("recall", {"reference": "1.1"})],
        [traced(request, 1, "echo more >> b.txt"), traced(request, 2, "echo last >> b.txt")],
        [claim("a.txt says two, b.txt has more.")],
    ]


def _learning(request: ScriptedRequest) -> list[list[Call]]:
    """Do it wrongly, until an attempt has failed."""
    word = "right" if "did not pass" in request.text or request.attempt > 1 else "wrong"
    made = ("edit", {"create": [{"path": "learned.txt", "content": f"{word}\n"}]})
    return [[made], [traced(request, 1, "echo tried >> learned.txt")], [claim(f"It is {word}.")]]


def _holding(request: ScriptedRequest) -> list[list[Call]]:
    """Be in the middle of it for as long as nobody lets it go on."""
    command = "echo begun; echo litter >> held.txt; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done"
    made: Call = ("edit", {"create": [{"path": "held.txt", "content": "half\n"}]})
    return [
        [("read", {"path": "b.txt"})],
        [made, traced(request, 2, f"{command}; echo held >> held.txt")],
        [claim("It is held.")],
    ]


def asks_models(plan: Path) -> bool:
    """Tell whether a plan has agents, or is no more than a goal."""
    text = plan.read_text("utf-8")
    return "agent:" in text or "steps:" not in text


def routing(*, with_planner: bool = False) -> ModelRouting:
    """Return who plays what, at a price, so that what a lost reply costs can be counted."""
    model = ModelFacts(name="scripted:play", price=Price(input_usd=3, output_usd=15), output_tokens_max=1000)
    roles = {role.value: RoleModels(chain=(model,)) for role in Role}
    return ModelRouting(roles=roles, with_reviewer=True, with_planner=with_planner)
