"""The same run three times: with its full history, with its last turns, and with our briefs.

Every way has the same beginning, and every text the same estimate.

What must be kept was laid down before anything was measured:

- each line of the goal and of the instructions;
- each output of a tool, whole;
- each path of a file that a call names;
- each line of an output that tells of an error.

A line or path is within reach if it stands in the request, or in something that the request holds a reference to, so
that one `recall` brings it back; an output if it stands there whole or is referred to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bench.context.trajectories import Trajectory, state_of
from surefoot.core.agent_types import Part
from surefoot.core.compaction import fold_for, summary_brief
from surefoot.core.conversation import Turn
from surefoot.core.events import ToolCallFinished
from surefoot.core.ids import BlobId
from surefoot.core.prompt import brief_of
from surefoot.core.prompt_prefix import conversation_of, prefix_of, size_of
from surefoot.core.state import RunState
from surefoot.core.step_state import StepState

LAST_N = 10
FULL, LAST = "full history", f"last {LAST_N} turns"
GOAL = "goal and instructions"
FOUND_OUT = ("outputs", "paths in calls", "error lines")
SUMMARY_TOKENS = 600
"""No model is asked for a summary; one would take about so many, and its request and reply are counted as sent."""
RECALLED_STAYS = 6
"""What is recalled is sent again with so many requests, until it becomes a stub."""
_PATHS = re.compile(
    r"(?<![\w/.-])/?(?:[\w.@+-]+/)+[\w.@+-]+|\b[\w-]+\.(?:py|c|h|js|ts|sh|md|txt|json|toml|cfg|ya?ml|rst)\b"
)
_ERRORS = re.compile(r"\b\w*(?:Error|Exception|Traceback|FAILED|fatal|panic)\b|\berror[:\[]", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z_][\w./-]{11,}")
"""Words so long that a model which writes one has it from somewhere."""
_REFERENCES = re.compile(r'recall\("(\d+\.\d+)"\)|\[(\d+\.\d+)\]')
_RANGE = re.compile(r"^Turns 1 to (\d+), in short")
_CACHED = 0.1
"""What a token costs that the provider has just read, of one it has not: the usual price in 2026."""


@dataclass
class Count:
    """What one way came to over one run."""

    sent: int = 0
    """Tokens, over all requests."""
    cached: int = 0
    """Of those, tokens at the beginning of a request that is the same as in the request before."""
    sizes: list[int] = field(default_factory=list[int])
    """Tokens of each request."""
    facts: dict[str, int] = field(default_factory=dict[str, int])
    """Facts there were, summed over all requests, by kind."""
    reached: dict[str, int] = field(default_factory=dict[str, int])
    """Of those, the ones within reach."""
    verbatim: int = 0
    """Of those that were found out on the way, the ones that stand in the request itself."""
    outputs: int = 0
    """Outputs there were, summed over all requests."""
    named: int = 0
    """Outputs that stand in the request whole, or that a stub or line names one by one; the others by a range."""
    whole_goals: int = 0
    """Requests in which the goal stands as it was given."""
    folds: int = 0
    """How often the turns were folded anew."""
    summaries: int = 0
    """How often a model would have been asked for a summary."""
    recalls: int = 0
    """Outputs that are not in the request, and from which the reply has a word that stands nowhere in it."""
    recalled: int = 0
    """Tokens it would have taken to recall them: a request more each, and the output in the six after it."""
    recalled_new: int = 0
    """Of those, the outputs where they are sent for the first time; all else of a recall was sent just before."""

    @property
    def priced(self) -> float:
        """Return the tokens sent at the price of those that are not cached."""
        return self.sent - self.cached * (1 - _CACHED)

    @property
    def priced_with_recalls(self) -> float:
        """Return the same with the recalls that a model might have made."""
        return self.priced + self.recalled_new + (self.recalled - self.recalled_new) * _CACHED


@dataclass(frozen=True)
class _Fact:
    """Something that must be kept."""

    kind: str
    since: int
    """The turn that brought it; 0: known from the beginning."""
    places: frozenset[str]
    """Replies (`turn 3`) and outputs (`3.1`) that hold it."""
    line: str = ""
    """For lines of the goal: it."""


@dataclass(frozen=True)
class _Known:
    """What is known of a run beforehand, so that it is looked for once."""

    one: Trajectory
    facts: list[_Fact]
    said: list[set[str]]
    """The long words of each turn's reply."""
    words: dict[str, list[str]]
    """For each long word the places that hold it, in order."""
    outputs: dict[str, int]
    """The tokens of each output."""


@dataclass
class _Way:
    """One way to tell a model what has been."""

    count: Count = field(default_factory=Count)
    before: tuple[Part, ...] = ()
    stubbed: int = 0
    folded: int = 0
    summarised: int = 0


def replay(one: Trajectory, budgets: Sequence[int], relative: float) -> dict[str, Count]:
    """Return what each way came to; `relative` is a budget by the length of the run, none below 8,000."""
    known = _known(one)
    state, node, conversation = state_of(one)
    beginning = prefix_of(state, node, max(budgets))
    full = size_of(beginning) + sum(size_of(_whole(turn)) for turn in one.turns)
    rooms = {f"ours, {room:,}": room for room in budgets} | {"ours, relative": max(8_000, int(full * relative))}
    ways = {name: _Way() for name in (FULL, LAST, *rooms)}
    for at in range(len(one.turns)):
        conversation.turns = one.turns[:at]
        _count(ways[FULL], (*beginning, *_all(conversation.turns)), known, at)
        _count(ways[LAST], (*beginning, *_all(conversation.turns[-LAST_N:])), known, at)
        for name, room in rooms.items():
            _count(ways[name], _ours(state, node, ways[name], room), known, at)
    return {name: way.count for name, way in ways.items()}


def _ours(state: RunState, node: StepState, way: _Way, room: int) -> tuple[Part, ...]:
    """Return our brief, as the kernel would have it: folded as it was, or anew."""
    conversation = conversation_of(node)
    conversation.stubbed, conversation.folded = way.stubbed, way.folded
    conversation.summary = BlobId("summary") if way.summarised else None
    conversation.summary_tokens, conversation.summarised = SUMMARY_TOKENS, way.summarised
    fold = fold_for(state, node, room)
    way.count.folds += (fold.stubbed, fold.folded) != (way.stubbed, way.folded)
    if fold.wants_summary:
        way.count.summaries += 1
        way.count.sent += size_of(summary_brief(state, node, fold)) + SUMMARY_TOKENS
        way.summarised = fold.folded
        conversation.summary, conversation.summary_tokens, conversation.summarised = (
            BlobId("summary"),
            SUMMARY_TOKENS,
            fold.folded,
        )
    way.stubbed, way.folded = fold.stubbed, fold.folded
    return brief_of(state, node, fold)


def _whole(turn: Turn) -> Iterator[Part]:
    yield Part(speaker="model", blob=turn.answered.reply, turn=turn.number, tokens=turn.answered.tokens)
    for call in turn.calls:
        if isinstance(call.result, ToolCallFinished):
            yield Part(speaker="tool", blob=call.result.output, call=call.asked.call, tokens=call.result.tokens)


def _all(turns: Sequence[Turn]) -> Iterator[Part]:
    for turn in turns:
        yield from _whole(turn)


def _count(way: _Way, parts: tuple[Part, ...], known: _Known, at: int) -> None:
    """Count a request, made after `at` turns."""
    count, size = way.count, size_of(parts)
    count.sent += size
    count.sizes.append(size)
    count.cached += _same(way.before, parts)
    way.before = parts
    texts = "\n".join(part.text for part in parts if part.text)
    count.whole_goals += known.one.goal in texts
    whole = {part.call or f"turn {part.turn}" for part in parts if (part.call or part.turn) and not part.is_stub}
    named, ranged = _referred(parts, known.one.turns[:at])
    count.outputs += sum(_turn_of(name) <= at for name in known.outputs)
    count.named += len((whole | named) & known.outputs.keys())
    near = whole | named | ranged
    lines = set(texts.splitlines())
    for fact in known.facts:
        if fact.since <= at:
            is_there = fact.line in lines if fact.kind == GOAL else not fact.places.isdisjoint(whole)
            count.facts[fact.kind] = count.facts.get(fact.kind, 0) + 1
            count.verbatim += is_there and fact.kind != GOAL
            is_near = is_there or not fact.places.isdisjoint(near)
            count.reached[fact.kind] = count.reached.get(fact.kind, 0) + is_near
    _count_recalls(count, size, texts, whole, known, at)


def _same(before: Sequence[Part], parts: Sequence[Part]) -> int:
    """Return the tokens at the beginning that are as they were."""
    tokens = 0
    for old, new in zip(before, parts, strict=False):
        if replace(old, is_cache_end=False) != replace(new, is_cache_end=False):
            break
        tokens += new.tokens
    return tokens


def _referred(parts: Sequence[Part], turns: Sequence[Turn]) -> tuple[set[str], set[str]]:
    """Return the replies and outputs that one `recall` brings back, going by what the request says: named, by range."""
    named: set[str] = set()
    ranged: set[str] = set()
    for part in parts:
        named |= {name for groups in _REFERENCES.findall(part.text) for name in groups if name}
        if until := _RANGE.match(part.text):
            for turn in turns[: int(until[1])]:
                ranged |= {f"turn {turn.number}", *(call.asked.call for call in turn.calls)}
    return named, ranged


def _count_recalls(count: Count, size: int, texts: str, whole: set[str], known: _Known, at: int) -> None:
    """Count what the next reply has from outputs that the request does not hold."""
    needed: set[str] = set()
    for word in known.said[at]:
        earlier = [place for place in known.words[word] if _turn_of(place) <= at]
        if earlier and word not in texts and whole.isdisjoint(earlier):
            outputs = [place for place in earlier if place in known.outputs]
            needed |= set(outputs[-1:])
    left = len(known.one.turns) - at
    count.recalls += len(needed)
    count.recalled_new += sum(known.outputs[place] for place in needed)
    count.recalled += sum(size + known.outputs[place] * (1 + min(RECALLED_STAYS, left)) for place in needed)


def _turn_of(place: str) -> int:
    return int(place.removeprefix("turn ").partition(".")[0])


def _known(one: Trajectory) -> _Known:
    places: dict[str, str] = {}
    outputs: dict[str, int] = {}
    for turn in one.turns:
        places[f"turn {turn.number}"] = one.texts[turn.answered.reply]
        for call in turn.calls:
            if isinstance(call.result, ToolCallFinished):
                places[call.asked.call] = one.texts[call.result.output]
                outputs[call.asked.call] = call.result.tokens
    words: dict[str, list[str]] = {}
    for place, text in places.items():
        for word in set(_WORDS.findall(text)):
            words.setdefault(word, []).append(place)
    said = [set(_WORDS.findall(places[f"turn {turn.number}"])) for turn in one.turns]
    return _Known(one, [*_facts(one, places, outputs)], said, words, outputs)


def _facts(one: Trajectory, places: dict[str, str], outputs: dict[str, int]) -> Iterator[_Fact]:
    for line in dict.fromkeys(f"{one.goal}\n{one.instructions}".splitlines()):
        if line.strip():
            yield _Fact(GOAL, 0, frozenset(), line)
    for name in outputs:
        if places[name].strip():
            yield _Fact("outputs", _turn_of(name), frozenset({name}))
    found: dict[tuple[str, str], int] = {}
    for turn in one.turns:
        for call in turn.calls:
            for path in _PATHS.findall(one.texts[call.asked.arguments]):
                found.setdefault(("paths in calls", path), turn.number)
            for line in places.get(call.asked.call, "").splitlines():
                if _ERRORS.search(line):
                    found.setdefault(("error lines", line), turn.number)
    for (kind, text), since in found.items():
        yield _Fact(kind, since, frozenset(place for place, said in places.items() if text in said))
