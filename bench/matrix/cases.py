"""The cases: what is done to each system, and what is counted afterwards.

Read `bench.matrix.driving` for the means, `bench.matrix.__main__` for who runs them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.matrix.driving import Question, Standing, Trial

ROUNDS_MAX = 8
EXPIRED_AFTER_S = 4.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one trial came to."""

    effects: int
    """How often the effect of the case was performed."""
    asked: int
    """How often a person was asked about something new, or again."""
    lost: Sequence[str] = ()
    """Effects that should have been performed and were not."""
    doubled: Sequence[str] = ()
    """Other effects that were performed more than once."""
    operator: bool = False
    """Whether somebody had to find out what became of an effect, or nothing went on."""
    state: str = "ended"
    """How the system stood at the end."""
    told: str = ""
    """What it said, where that matters."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix."""

    key: str
    """A short name, for the command line."""
    title: str
    """What is done."""
    right: str
    """What one would want, in words."""
    flow: str
    """The flow that it is done to; systems that have no such flow are left out."""
    act: Callable[[Trial], Finding]
    """What is done to a trial."""
    is_race: bool = False
    """Whether it depends on timing, and is repeated more often."""
    is_asked: bool = False
    """Whether a person is part of the case."""
    is_told: bool = False
    """Whether what was said belongs into the matrix itself, cut at the first semicolon or full stop."""

    def remark(self, finding: Finding) -> str:
        """Return what belongs behind the counts."""
        return finding.told.split(";")[0].split(". ")[0] if self.is_told else ""


class _Person:
    """Who answers: truthfully, by looking at the ledger."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.asked = 0
        self.is_operator = False
        self._seen: set[str] = set()

    def notice(self, questions: Sequence[Question]) -> None:
        """Count the questions that were not seen before."""
        new = [each for each in questions if each.id not in self._seen]
        self._seen.update(each.id for each in new)
        self.asked += len(new)
        self.is_operator |= any(each.kind == "in_doubt" for each in new)

    def answer(self, question: Question) -> Standing:
        """Answer one question."""
        if question.kind != "in_doubt":
            return self.trial.do("answer", question.id, "yes")
        step = next(name for name in ("first", "second", "third", "sent") if name in question.text)
        word = "applied" if self.trial.world.performed()[step] else "not_applied"
        return self.trial.do("answer", question.id, word)

    def settle(self, standing: Standing) -> Standing:
        """Answer one question after the other, and go on, until nothing is asked any more."""
        for _ in range(ROUNDS_MAX):
            self.notice(standing.questions)
            if standing.state != "waiting" or not standing.questions:
                break
            answered = self.answer(standing.questions[0])
            standing = self.trial.do("resume") if answered.state == "answered" else answered
        self.is_operator |= standing.state in {"stuck", "failed", "waiting"}
        return standing


def _found(trial: Trial, effect: str, expected: Sequence[str], person: _Person, last: Standing) -> Finding:
    performed = trial.world.performed()
    return Finding(
        effects=performed[effect],
        asked=person.asked,
        lost=[name for name in expected if not performed[name]],
        doubled=[f"{name} ×{count}" for name, count in sorted(performed.items()) if count > 1 and name != effect],
        operator=person.is_operator,
        state=last.state,
        told=last.told,
    )


CHAIN = ("first", "second", "third")


def after_the_effect(trial: Trial) -> Finding:
    """Kill between an effect and its record."""
    return _killed(trial, "after")


def before_the_effect(trial: Trial) -> Finding:
    """Kill just before an effect; nothing is left alive."""
    return _killed(trial, "before")


def _killed(trial: Trial, where: str) -> Finding:
    trial.world.order(where, "second")
    engine, person = trial.start("run"), _Person(trial)
    engine.wait_stopped(where, "second")
    engine.kill_all()
    last = person.settle(trial.do("resume"))
    return _found(trial, "second", CHAIN, person, last)


def orphan(trial: Trial) -> Finding:
    """Kill the engine alone, before the effect; the child that is at it lives on and performs it after the resume."""
    trial.world.order("before", "second")
    engine, person = trial.start("run"), _Person(trial)
    engine.wait_stopped("before", "second")
    engine.kill()
    last = person.settle(trial.do("resume"))
    trial.world.release()
    return _found(trial, "second", CHAIN, person, last)


def behind_an_effect(trial: Trial) -> Finding:
    """Perform an effect, then ask twice."""
    person = _Person(trial)
    last = person.settle(trial.do("run"))
    return _found(trial, "sent", ("sent",), person, last)


def parallel_calls(trial: Trial) -> Finding:
    """Answer two of three parallel calls, one after the other."""
    person = _Person(trial)
    last = person.settle(trial.do("run"))
    return _found(trial, "b", ("a", "b", "c"), person, last)


def racing_resumes(trial: Trial) -> Finding:
    """Kill before an effect, then resume twice at the same time."""
    trial.world.order("before", "second")
    engine, person = trial.start("run"), _Person(trial)
    engine.wait_stopped("before", "second")
    engine.kill_all()
    trial.world.slow_down()
    last = person.settle(_both(trial, ("resume",)))
    often = max(CHAIN, key=lambda name: trial.world.performed()[name])
    return _found(trial, often, CHAIN, person, last)


def racing_answers(trial: Trial) -> Finding:
    """Answer a question twice at the same time, and go on."""
    person = _Person(trial)
    waiting = trial.do("run")
    person.notice(waiting.questions)
    trial.world.slow_down()
    last = _both(trial, ("answer", waiting.questions[0].id, "yes"))
    if last.state in {"answered", "refused"}:
        last = _both(trial, ("resume",))
    return _found(trial, "sent", ("sent",), person, person.settle(last))


def _both(trial: Trial, command: Sequence[str]) -> Standing:
    engines = [trial.start(*command) for _ in range(2)]
    ended = [engine.wait() for engine in engines]
    refused = next((each for each in ended if each.state in {"refused", "failed"}), None)
    other = next((each for each in ended if each is not refused), ended[0])
    return other if refused is None else Standing(other.state, other.questions, refused.told)


def answered_while_down(trial: Trial) -> Finding:
    """Answer a question while no engine runs, then start one."""
    person = _Person(trial)
    last = person.settle(trial.do("run"))
    return _found(trial, "sent", ("sent",), person, last)


def edited(trial: Trial) -> Finding:
    """Edit the plan or the code between kill and resume: the third effect is replaced by another."""
    trial.world.order("before", "second")
    engine, person = trial.start("run"), _Person(trial)
    engine.wait_stopped("before", "second")
    engine.kill_all()
    for path in (trial.world.folder / "program.py", trial.world.folder / "plan.yaml"):
        if path.exists():
            path.write_text(path.read_text("utf-8").replace("third", "other"), encoding="utf-8")
    last = person.settle(trial.do("resume"))
    performed = [name for name in ("third", "other") if trial.world.performed()[name]]
    found = _found(trial, "second", CHAIN[:2], person, last)
    lost = [*found.lost, *(() if performed else ("third",))]
    told = f"the last effect was {' and '.join(performed) or 'neither'}; {found.told}".rstrip("; ")
    return Finding(
        found.effects, found.asked, lost, found.doubled, operator=found.operator, state=found.state, told=told
    )


def failed_files(trial: Trial) -> Finding:
    """Let a first attempt leave a file behind and fail; the second one looks."""
    person = _Person(trial)
    last = person.settle(trial.do("run"))
    saw = "its file was still there" if trial.world.performed()["saw-half"] else "its file had been put back"
    found = _found(trial, "saw-nothing", (), person, last)
    return Finding(sum(trial.world.performed().values()), found.asked, state=found.state, told=saw)


def changed_words(trial: Trial) -> Finding:
    """Change what is to be sent after the person was asked, then let the person agree."""
    words = trial.world.folder / "workspace" / "words.txt"
    person = _Person(trial)
    waiting = trial.do("run")
    words.write_text("thousand\n", encoding="utf-8")
    last = person.settle(waiting)
    sent = ", ".join(sorted(trial.world.performed())) or "nothing"
    found = _found(trial, "sent-ten", (), person, last)
    return Finding(
        sum(trial.world.performed().values()), found.asked, state=found.state, told=sent.replace("sent-", "sent: ")
    )


def expired(trial: Trial) -> Finding:
    """Answer a question after the two seconds it was good for; a program of the system ran in between."""
    return _expired(trial, is_noticed=True)


def expired_while_down(trial: Trial) -> Finding:
    """Answer a question after the two seconds it was good for; nothing ran in between."""
    return _expired(trial, is_noticed=False)


def _expired(trial: Trial, *, is_noticed: bool) -> Finding:
    person = _Person(trial)
    waiting = trial.do("run")
    person.notice(waiting.questions)
    time.sleep(EXPIRED_AFTER_S)
    if is_noticed:
        trial.do("resume")
    late = trial.do("answer", waiting.questions[0].id, "yes") if waiting.questions else waiting
    last = trial.do("resume") if late.state in {"answered", "refused"} else late
    found = _found(trial, "sent", (), person, last)
    if late.state == "refused":
        told = f"the late answer was refused; {late.told}"
    else:
        told = "the late answer counted" if found.effects else "the late answer was taken, and changed nothing"
    return Finding(found.effects, found.asked, state=last.state, told=told)


CASES: tuple[Case, ...] = (
    Case("after", "1a. Killed after an effect, before its record", "1", "chain", after_the_effect),
    Case("after-checked", "1b. … with a check of the world", "1, no operator", "chain-checked", after_the_effect),
    Case("before", "1c. Killed just before an effect", "1", "chain", before_the_effect),
    Case("before-checked", "1d. … with a check of the world", "1, no operator", "chain-checked", before_the_effect),
    Case("orphan", "2a. The killed engine's child performs it later", "1", "chain", orphan, is_race=True),
    Case("orphan-checked", "2b. … with a check of the world", "1, no operator", "chain-checked", orphan, is_race=True),
    Case("questions", "3a. An effect, then two questions", "1; asked 2", "asked", behind_an_effect, is_asked=True),
    Case("one-place", "3b. … all in one node or tool", "1; asked 2", "asked-inside", behind_an_effect, is_asked=True),
    Case("parallel", "4. Three parallel calls, two ask", "1; asked 2", "parallel", parallel_calls, is_asked=True),
    Case("resumes", "5a. Two racing resumes", "1", "chain-checked", racing_resumes, is_race=True),
    Case("answers", "5b. Two racing answers", "1", "approval", racing_answers, is_race=True),
    Case(
        "words",
        "6a. Changed after the question, kept by the system",
        "said",
        "words",
        changed_words,
        is_asked=True,
        is_told=True,
    ),
    Case(
        "words-read",
        "6b. … read again by the step",
        "asked 2",
        "words-read",
        changed_words,
        is_asked=True,
        is_told=True,
    ),
    Case(
        "expired",
        "7a. A question expires, the answer comes late",
        "0",
        "expiring",
        expired,
        is_asked=True,
        is_told=True,
    ),
    Case("expired-down", "7b. … while nothing runs", "0", "expiring", expired_while_down, is_asked=True, is_told=True),
    Case("down", "8. Answered while nothing runs", "1; asked 1", "approval", answered_while_down, is_asked=True),
    Case("edited", "9. Plan or code edited between kill and resume", "said", "chain-checked", edited, is_told=True),
    Case("files", "10. The files of a failed attempt", "put back", "files", failed_files, is_told=True),
)
