"""What agents did, one act after the other: the form in which monitors look at a conversation or a foreign trace."""

from __future__ import annotations

import re
from collections.abc import Iterator

from surefoot.core.conversation import Conversation, ToolCallState
from surefoot.core.event_words import Absent
from surefoot.core.events import ToolCallFinished, ToolCallResolved
from surefoot.core.record import record
from surefoot.core.regex import regex

_SHORT_TOKENS = 100
"""The text of a result this short is all of it: what changes from call to call there is left out of the comparison."""
_CHANGING = regex(
    r"0x[0-9a-f]+|\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?z?|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds|us|µs)\b|\bpid[ =:]+\d+|/tmp/\S+",
    re.IGNORECASE,
)
_WAITS = regex(r"(?:^|[;&|\"'\s])(?:sleep|wait|watch|tail\s+-f|timeout\s+\d+\s+tail)\b", re.IGNORECASE)


@record
class Act:
    """A tool call with its result, or words."""

    at: int
    """Where it stands: the position in the journal, or the index of the step of a trace."""
    agent: str
    tool: str
    """Empty: words alone."""
    asked: str
    """The arguments, or the words; or what names them."""
    given: str
    """What came back, without what differs each time; or what names it."""
    turn: int
    """The reply it stood in, counted from 1."""
    ok: bool = True
    is_misuse: bool = False
    files: str = ""
    """What names all files after it; empty: that is not known."""
    names_nothing: bool = False
    """Whether it names what does not exist."""
    is_new: bool = True
    """Whether it changed the files to what they had never been, saw a file that nobody had seen, or brought a result
    that had not come before."""

    @property
    def is_waiting(self) -> bool:
        """Tell whether it only waits for something: to do that often is no loop."""
        return bool(self.tool) and is_waiting(self.asked)


def is_waiting(command: str) -> bool:
    """Tell whether a command waits for something by intent."""
    return _WAITS.search(command) is not None


def steady(text: str) -> str:
    """Return a text without times, durations and addresses, which differ each time the same is done."""
    return " ".join(_CHANGING.sub("#", text).split())


_MISSING = regex(
    r"no such file|does(?: not|n't) exist|(?:cannot|could not) find|not found|no module named"
    r"|unknown (?:file|symbol|command|option)|is not defined|has no attribute|unrecognized arguments|no tests ran",
    re.IGNORECASE,
)
_WORDS = regex(r"\w{3,}")
_COMPARED_MAX = 2_000


def says_missing(text: str) -> bool:
    """Tell whether a program, or a tool of others, says that what was named does not exist."""
    return _MISSING.search(text) is not None


def named_in_vain(result: ToolCallFinished | ToolCallResolved) -> bool:
    """Tell whether a call named what does not exist: as its tool says, or for a command in the words of programs."""
    if result.ok or not isinstance(result, ToolCallFinished):
        return False
    return result.absent is Absent.NAMED or (result.absent is None and says_missing(result.text))


def news_of(asked: str, given: str) -> str:
    """Return a short result without the words of what was asked: to be told them back is no news."""
    if len(given) > _COMPARED_MAX:
        return given
    known = set(_WORDS.findall(asked))
    return _WORDS.sub(lambda word: "" if word.group() in known else word.group(), given)


def acts_of(conversation: Conversation) -> tuple[Act, ...]:
    """Return the calls of a conversation that have a result, in order."""
    return tuple(_acts(conversation))


def _acts(conversation: Conversation) -> Iterator[Act]:
    files = conversation.first_tree or ""
    trees, seen, results = {files}, set[tuple[str, str]](), set[str]()
    for turn in conversation.turns:
        for call in turn.calls:
            result = call.result
            if result is None:
                continue
            saw = set[tuple[str, str]]()
            if isinstance(result, ToolCallFinished):
                files, saw = result.tree or files, set(result.saw.items())
            given, absent = _given(call), getattr(result, "absent", None)
            told = news_of(call.asked.command or call.asked.summary, given)
            is_news = result.ok and absent is None and told not in results
            is_new = files not in trees or not saw <= seen or is_news
            results.add(told)
            trees.add(files)
            seen |= saw
            yield Act(
                at=turn.at_seq,
                agent=conversation.role,
                tool=call.asked.tool,
                asked=call.asked.command or f"{call.asked.arguments} {call.asked.private}",
                given=given,
                turn=turn.number,
                ok=result.ok,
                is_misuse=result.is_misuse,
                files=files,
                names_nothing=named_in_vain(result),
                is_new=is_new,
            )


def _given(call: ToolCallState) -> str:
    result = call.result
    if isinstance(result, ToolCallFinished) and (result.whole is not None or result.tokens > _SHORT_TOKENS):
        return result.whole or result.output
    return "" if result is None else steady(result.text)
