"""The program that is killed: makes a run unless it is there already, works on it, and answers what it is asked.

`driver.py ORDER` carries out one order (JSON, see `Order`); `driver.py` alone reads orders from its standard input, one
a line, and carries out each in a program forked for it, which saves the imports. An order's last line is JSON.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import surefoot
from surefoot import api
from surefoot.api.engagement import Source, Watching
from surefoot.cli.goals import goal_plan
from surefoot.cli.options import Given
from surefoot.core.agent_types import GoalOptions
from surefoot.core.event_words import QuestionKind
from surefoot.core.events import Event, QuestionAsked
from surefoot.core.ids import RunId
from surefoot.core.kernel import apply
from surefoot.core.report import standing_of
from surefoot.core.sample_rates import SampleRates
from surefoot.core.state import RunState
from surefoot.engines.snapshots import decode_state, encode_state
from surefoot.errors import SurefootError
from surefoot.planfile import load_plan
from surefoot.sandbox import rung_detail
from surefoot.settings import Settings
from tests.crash import played
from tests.forked import serve


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the program is told."""

    home: str
    plan: str
    repository: str
    run: str
    act: str = "work"
    """`work`, `answer`, `retry`, `land`, `undo`, `fork`, `tell`, `blame`, `review`, `remove`, `pause` or `cancel`."""
    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to say to a step's questions; `*`: to all others; the word `truth` looks into the world."""
    yes: bool = False
    allow: tuple[str, ...] = ()
    approver: str = ""
    """What this program says to approval requests: a reply; or `wait` for the meeting's `go`, and `proceed`."""
    take_over: bool = False
    watch: bool = False
    """Whether to print every event."""
    die_at: str = ""
    """Which event kills this program, and the how manieth of its kind: it is in the journal, and nothing came of it."""
    by: str = "tester"
    planner: bool = False
    """Whether the planner may change the plan."""
    samples: bool = False
    """Whether every result that nobody was asked about is laid before a person."""
    text: str = ""
    """What is said to the run; or the run and the step that another one is begun at; or the sample that is right."""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def create(home: api.Home, order: Order) -> None:
    """Make the run, unless it has an event already."""
    if home.journal.head(RunId(order.run))[0] > 0:
        return
    plan, repository = Path(order.plan), Path(order.repository)
    text = plan.read_text("utf-8")
    if "steps:" in text:
        loaded = load_plan(plan)
        made, source = loaded.plan, Source(repository=repository, plan_path=plan, plan_digest=loaded.digest)
    else:
        made = goal_plan(text.partition("goal: ")[2], Given())
        source = Source(repository=repository, goal_options=GoalOptions())
    api.create_run(home, made, source, run_id=order.run, options=options_of(order))


class Gate(surefoot.Approver):
    """Says the same to all requests, and writes down what it is asked."""

    def __init__(self, word: str) -> None:
        """Say that word."""
        self._word = word

    def should_proceed(self, request: surefoot.ApprovalRequest) -> surefoot.Proceed | surefoot.Refuse:
        """Say it, once the meeting lets this program go on."""
        meeting = Path(os.environ["SUREFOOT_MEETING"])
        with (meeting / "asked").open("a") as log:
            log.write(f"{request.step}\n")
        while self._word == "wait" and not (meeting / "go").exists():
            time.sleep(0.02)
        return surefoot.Refuse("no") if self._word == "refuse" else surefoot.Proceed("as told")


def options_of(order: Order) -> api.Options:
    """Return what is approved beforehand, and who plays the models."""
    consent: dict[str, Any] = {
        "by": order.by,
        "yes": order.yes,
        "allow": tuple(order.allow),
        "take_over": order.take_over,
    }
    if order.approver:
        consent["should_proceed"] = Gate(order.approver)
    if order.samples:
        consent["settings"] = Settings(samples=SampleRates(auto=1.0, log=1.0))
    return api.Options(
        **consent, routing=played.routing(with_planner=order.planner), asking=surefoot.scripted(played.play)
    )


def answer_to(asked: QuestionAsked, order: Order) -> str | None:
    """Return what a person says to a question; None: nothing."""
    answer = order.answers.get(asked.step) or order.answers.get("*")
    if "done" in asked.options:
        work_by_hand(order)
        return "done"
    if answer != "truth":
        return answer
    if asked.about is not QuestionKind.IN_DOUBT:
        return "retry" if "retry" in asked.options else "yes"
    log = Path(order.home).parent / "world" / "effects"
    effects = log.read_text("utf-8").splitlines() if log.exists() else []
    return "applied" if asked.step in effects else "not_applied"


def work_by_hand(order: Order) -> None:
    """Do by hand, in the lane, what the step that was taken over is to do."""
    (Path(order.home) / "runs" / order.run / "lanes" / "1" / "hand.txt").write_text("by hand\n", "utf-8")


def fold(home: api.Home, run: RunId) -> RunState | None:
    """Fold the journal from its first event."""
    state: RunState | None = None
    for recorded in api.events(home, run):
        state = apply(state, recorded.event)
    return state


async def work(home: api.Home, order: Order) -> RunState:
    """Work on the run until it ends, pauses, or asks what nobody answers."""
    run = RunId(order.run)
    options = options_of(order)

    def engaged(engagement: api.Engagement) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, engagement.ask_to_stop)

    seen: Counter[str] = Counter()

    def observe(_: RunState, event: Event) -> None:
        seen[event.kind] += 1
        if f"{event.kind}:{seen[event.kind]}" == order.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if order.watch:
            say(f"{event.kind} {getattr(event, 'step', '')}")

    def on_line(step: str, line: str) -> None:
        say(f"{step}: {line}")

    watching = Watching(observer=observe, engaged=engaged, on_line=on_line)
    while True:
        state = await api.engage(home, run, options, watching=watching)
        folded = fold(home, run)
        assert folded == state, "the fold of the journal is not the live state"
        assert decode_state(folded.created, encode_state(folded)) == state, "a snapshot does not hold the state"
        pairs = [(q.asked.question, answer_to(q.asked, order)) for q in state.open_questions]
        given = [(question, answer) for question, answer in pairs if answer is not None]
        for question, answer in given:
            if answer == "take_over":
                api.take_over(home, question)
            else:
                api.answer(home, question, answer)
        if not given:
            return state


async def undo(home: api.Home, order: Order) -> RunState:
    """Take the run back, and print what its commands print."""
    watching = Watching(on_line=lambda step, line: say(f"{step}: {line}"))
    return await api.undo(home, RunId(order.run), api.Options(by=order.by, yes=order.yes), watching=watching)


async def blame(home: api.Home, order: Order) -> dict[str, object]:
    """Look for the step after which the acceptance check fails, and say what that came to."""
    found = await api.blame(home, RunId(order.run), options=api.Options(by=order.by))
    assert found.ended is not None
    return {"outcome": found.ended.outcome, "steps": found.ended.steps, "askings": found.askings}


def act(home: api.Home, order: Order) -> dict[str, object]:
    """Do what was ordered, and say where the run stands."""
    run = RunId(order.run)
    if order.act == "land":
        return {"landed": api.land_run(home, run)}
    if order.act == "answer":
        (question,) = home.state(run).open_questions or list(home.state(run).questions.values())
        api.answer(home, question.asked.question, order.answers["*"])
        return {"answered": order.answers["*"]}
    if order.act == "remove":
        api.remove_run(home, run, branch=True)
        return {"removed": run}
    if order.act == "retry":
        return {"standing": standing_of(api.retry(home, run, ()))}
    if order.act == "tell":
        api.tell(home, run, order.text)
        return {"told": order.text}
    if order.act == "review":
        api.review(home, f"{run}.{order.text}", ok=True)
        return {"reviewed": order.text}
    if order.act == "fork":
        if home.journal.head(run)[0] == 0:
            api.fork_run(home, order.text, options_of(order), run_id=run)
        return {"forked": run}
    if order.act == "blame":
        return asyncio.run(blame(home, order))
    if order.act == "work":
        create(home, order)
        state = asyncio.run(work(home, order))
    elif order.act == "undo":
        state = asyncio.run(undo(home, order))
    else:
        say = {"pause": api.pause, "cancel": api.cancel}[order.act]
        state = asyncio.run(say(home, run, by=order.by))
    questions = [[q.asked.question, q.asked.step, q.asked.about, q.asked.text] for q in state.open_questions]
    return {"standing": standing_of(state), "outcome": state.outcome, "questions": questions}


def carry_out(line: str) -> int:
    """Carry out an order given as JSON, print what came of it, and return the exit status."""
    order = Order(**json.loads(line))
    try:
        with api.Home(Path(order.home)) as home:
            say(json.dumps(act(home, order)))
    except SurefootError as error:
        say(json.dumps({"error": error.code, "message": error.message}))
    return 0


def warm_up(line: str) -> None:
    """Load here, once, what takes longest in the programs that are forked."""
    if played.asks_models(Path(json.loads(line)["plan"])):
        importlib.import_module("surefoot.models.script_model")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        carry_out(sys.argv[1])
    else:
        rung_detail()
        serve(carry_out, warm_up)
