"""The beginning of every brief of a conversation: goal, conditions, step, plan in short, findings, notes, lessons.

It is the same to the byte in each request, because providers charge little for what they have cached: so nothing in it
depends on a clock, the rest of a budget, or steps that run beside. Goal, conditions and step stand in it whole; the
rest gives way where room is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from surefoot.core.agent_types import ExcerptKind, Lesson, Part, Role
from surefoot.core.conversation import Conversation
from surefoot.core.event_words import Verdict
from surefoot.core.ids import StepId
from surefoot.core.ladder_table import Rung
from surefoot.core.messages import carried_by, waiting_for_brief
from surefoot.core.model_chain import has_native_tools
from surefoot.core.people_words import WORDS_MAX, without_words, words_told
from surefoot.core.plan import EVERYTHING, Check, Constraint
from surefoot.core.prompts import (
    ADVICE,
    ALL_GREEN,
    EXCERPTS,
    FOUND,
    GO_ON,
    OTHERS_EXCERPTS,
    TOOLS_TAKEN,
    advice,
    advice_left_out,
    instructions,
    others_instructions,
    said_by,
)
from surefoot.core.short_text import counted
from surefoot.core.state import RunState, needed_by
from surefoot.core.step_state import StepState, StepStatus
from surefoot.core.stubs import cut, latest_notes, noted, text_part
from surefoot.core.system_steps import attempted_step, candidate_made_by, is_other_candidate
from surefoot.core.tool_table import LEADS_ASTRAY
from surefoot.core.untrusted_text import behind, fenced, in_line
from surefoot.core.verdicts import CheckRecord, Interim

SHARE_MAX = 0.5
"""It may take this much of a brief; the turns need the rest."""
OTHERS_TOKENS = 32_000
"""Room for the notes in what an agent of others is told; how much its model takes is not known."""
TOKENS_MIN = 3_000
"""In less than this no brief can be made."""
_LEVELS = 5
"""0: all of it; 1: no advice; 2: little of the plan; 3: files by name alone; 4: neither files, outputs nor notes."""
_NEAR = 12
"""So many steps before and after its own are told of a long plan."""
_REACHED_MAX = 20
_LEARNED_MAX, _OUTPUT_MAX, _OUTPUTS_MAX, _LESSON_MAX, _LESSONS_MAX = 500, 200, 40, 800, 3
_TITLE_MAX, _FILES_MAX = 100, 40
_INTERIM_MAX = 800
_WORDS = {
    StepStatus.VERIFIED: "done",
    StepStatus.UNPROVED: "done, unproved",
    StepStatus.SKIPPED: "skipped",
    StepStatus.FAILED: "failed",
}


def conversation_of(node: StepState) -> Conversation:
    """Return the conversation that is under way at a step."""
    assert node.work is not None
    assert node.work.conversation is not None
    return node.work.conversation


def prefix_of(state: RunState, node: StepState, tokens_max: int) -> tuple[Part, ...]:
    """Return what a brief of at most so many tokens begins with; what gives way first is the project's advice."""
    parts: tuple[Part, ...] = ()
    for level in range(2 if conversation_of(node).is_compressed else 0, _LEVELS):
        parts = _parts(state, node, tokens_max, level)
        if size_of(parts) <= tokens_max * SHARE_MAX:
            break
    return (*parts, *_excerpts(conversation_of(node), int(tokens_max * SHARE_MAX) - size_of(parts)))


def brief_for_others(state: RunState, node: StepState) -> str:
    """Return what an agent of others is told: what ours is, but for our tools and the advice that it reads itself."""
    said = (said_by(one.sent.by, one.sent.text) for one in waiting_for_brief(state, node))
    known = _sections(state, node, OTHERS_TOKENS, 0)
    sections = [others_instructions(), goal_and_constraints(state, node), *known, *said]
    return "\n\n".join(section for section in sections if section)


def prompt_to_go_on(state: RunState, node: StepState) -> str:
    """Return what an agent of others is told that goes on with a session after its program was ended."""
    said = (said_by(one.sent.by, one.sent.text) for one in waiting_for_brief(state, node))
    return "\n\n".join((GO_ON, *said))


def shown_to_others(shown: Iterable[tuple[ExcerptKind, str, str]]) -> str:
    """Return what an agent of others is shown of the repository: of each text its kind, its name, and the text."""
    texts = [f"{OTHERS_EXCERPTS[kind].format(name=in_line(name))}\n{text}" for kind, name, text in shown]
    return FOUND + "\n\n".join(texts) if texts else ""


def prefix_flaw(state: RunState, node: StepState, tokens_max: int) -> str:
    """Say why no brief of so many tokens can be made for the step; empty where one can."""
    size = size_of(prefix_of(state, node, tokens_max))
    if tokens_max >= TOKENS_MIN and size <= tokens_max * SHARE_MAX:
        return ""
    need = max(TOKENS_MIN, int(size / SHARE_MAX) + 1)
    return (
        f"the goal, what must hold for it and the step take about {size:,} tokens, and a brief may have "
        f"{tokens_max:,}; use a model that takes more, raise `brief_tokens` to at least {need:,}, or say the step in "
        "fewer words"
    )


def size_of(parts: Iterable[Part]) -> int:
    """Return about how many tokens the parts take."""
    return sum(part.tokens for part in parts)


def shown(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks an agent may know of."""
    return tuple(check for check in checks if not check.held_back)


def goal_and_constraints(state: RunState, node: StepState, most: int | None = None) -> str:
    """Return the goal as it was given, what must hold for it, and what may be changed.

    Never shortened, unless for a reminder: then the goal is, where it has more than `most` characters.
    """
    goal = state.plan.goal
    if most is not None and len(goal) > most:
        goal = f"{goal[:most]}…\n(All of it stands at the beginning.)"
    lines = ["The goal, as it was given:", "", goal, ""]
    accept = shown(state.plan.accept)
    if accept:
        lines += ["It is reached when these hold:", *(f"- {asked(check)}" for check in accept), ""]
    if state.plan.constraints:
        # Words of people, verbatim.
        held = (f"- {one.text}{_denied(one)}" for one in state.plan.constraints)
        lines += ["This holds whatever the goal, the plan and the steps say:", *held, ""]
    lines.append(f"The run may change {_files(state.plan.scope_write)}.")
    if _role(node) is Role.WORKER:
        writes = state.plan.writes_of(node.spec)
        lines.append(f"This step may change {_files(writes)}.")
    return "\n".join(lines)


def _denied(constraint: Constraint) -> str:
    files = f" These files may not be changed: {', '.join(constraint.deny)}." if constraint.deny else ""
    return files + (f" These commands are refused: {', '.join(constraint.commands)}." if constraint.commands else "")


def _files(globs: Sequence[str]) -> str:
    if EVERYTHING in globs:
        return "any file"
    return f"these files alone: {', '.join(globs)}" if globs else "no file"


def asked(check: Check) -> str:
    """Return a check in a line: what it asks, and what it is to prove."""
    where = f" (in {check.cwd})" if check.cwd else ""
    name = "" if check.name in check.ask.question else f" [{check.name}]"
    return f"{check.ask.question}{where}; {check.expect.value}{name}"


def standing_said(checks: Sequence[Check], said: Sequence[tuple[Check, Interim]]) -> str:
    """Say how the checks of a step stand that were asked about what the agent has just changed."""
    red = [(check, one) for check, one in said if one.verdict is not Verdict.PASSED]
    if red:
        words = (behind(f"Not passed as the files stand now: {asked(check)}.", _end_of(one.text)) for check, one in red)
        return "\n".join(words)
    if is_all_green(checks, said):
        return ALL_GREEN
    green = [check for check, _ in said]
    if not green:
        return ""
    names = "; ".join(asked(check) for check in shown(checks) if check not in green)
    return f"These checks pass: {'; '.join(asked(check) for check in green)}. Not asked yet: {names}."


def is_all_green(checks: Sequence[Check], said: Sequence[tuple[Check, Interim]]) -> bool:
    """Tell whether every check that an agent may know of was asked about what it has just changed, and passed."""
    green = [check for check, one in said if one.verdict is Verdict.PASSED]
    return bool(said) and len(green) == len(said) and all(check in green for check in shown(checks))


def _end_of(text: str) -> str:
    return text if len(text) <= _INTERIM_MAX else f"…{text[-_INTERIM_MAX:]}"


def later_notes(state: RunState, node: StepState) -> list[str]:
    """Return what others have noted since the conversation began: steps that run beside this one."""
    return [note for note, is_prior in _notes(state, node) if not is_prior]


def _parts(state: RunState, node: StepState, tokens_max: int, level: int) -> tuple[Part, ...]:
    guidance = conversation_of(node).guidance
    parts = [
        text_part(
            "system", instructions(_role(node), is_basic=not has_native_tools(state, node), without=tools_taken(node))
        )
    ]
    if guidance is not None and level < 1:
        parts.append(text_part("user", advice(guidance.path), guidance.text, guidance.tokens))
    elif guidance is not None:
        parts.append(text_part("user", advice_left_out(guidance.path, guidance.tokens)))
    sections = [goal_and_constraints(state, node), *_sections(state, node, tokens_max, level)]
    return (*parts, text_part("user", "\n\n".join(section for section in sections if section)))


def _excerpts(conversation: Conversation, room: int) -> list[Part]:
    """Return what is shown of the repository as it stood when the attempt began, as far as there is room."""
    parts: list[Part] = []
    for one in conversation.shown:
        head = f"{'' if parts else FOUND}{EXCERPTS[one.kind].format(name=in_line(one.name))}\n"
        part = text_part("user", head, one.text, one.tokens)
        room -= part.tokens
        if room < 0:
            break
        parts.append(part)
    return parts


def _sections(state: RunState, node: StepState, tokens_max: int, level: int) -> list[str]:
    role = _role(node)
    lessons = [_lesson(state, one) for one in lessons_told(node)[-_LESSONS_MAX:]]
    failed = _section("What failed before. Try a different approach; what follows did not work:", lessons)
    said = words_told(state, node, carried_by(state, node), WORDS_MAX if level < 3 else WORDS_MAX // 4)
    if role is Role.REVIEWER:
        return [_required(state), _result(state, 20 if level >= 2 else 200), failed, advice_told(node), said]
    baseline = [f"- {answers.before.value}: {asked(check)}" for check, answers in _accepted(state) if answers.before]
    notes = latest_notes([note for note, is_prior in _notes(state, node) if is_prior], tokens_max)
    return [
        _step(node) if role is Role.WORKER else node.spec.body.text if role is Role.REPLANNER else "",
        _plan(state, node, 2 if level >= 2 else _NEAR),
        _understood(state, level) if role is not Role.SCOUT else "",
        _required(state) if role in (Role.PLANNER, Role.REPLANNER) else "",
        _section("What held before the first change:", baseline),
        _section("What steps before this one have put out:", _outputs(state, node) if level < 4 else ()),
        _section("What was noted:", notes if level < 4 else ()),
        _reached(node),
        failed,
        advice_told(node),
        said,
    ]


def lessons_told(node: StepState) -> tuple[Lesson, ...]:
    """Return the lessons that an agent is told: of an attempt that is made again as it was it is told nothing."""
    again = {one.attempt for one in node.climbed if one.rung is Rung.RETRY}
    return tuple(one for one in node.lessons if one.attempt not in again)


def advice_told(node: StepState) -> str:
    """Return what an agent is told because of the rungs that led to its attempt, the latest facts of each."""
    latest = {one.rung: one for one in node.climbed if one.rung in ADVICE}
    return "\n\n".join("\n".join([_advice(node, rung), *(f"- {f}" for f in one.told)]) for rung, one in latest.items())


def _advice(node: StepState, rung: Rung) -> str:
    """Return the advice of a rung; agents of others keep their tools."""
    taken = tools_taken(node) if rung is Rung.RESTATE and not node.spec.body.reaches_provider else ()
    tools = ", ".join(f"`{name}`" for name in sorted(taken))
    return " ".join([ADVICE[rung], *([TOOLS_TAKEN.format(tools=tools)] if tools else [])])


def tools_taken(node: StepState) -> frozenset[str]:
    """Return the tools that were taken away from the agent of a step, because it had left the goal."""
    return LEADS_ASTRAY if Rung.RESTATE in node.helped_by and _role(node) is Role.WORKER else frozenset()


def _lesson(state: RunState, lesson: Lesson) -> str:
    said = cut(without_words(state, lesson.said), _LESSON_MAX)
    return f"- Attempt {lesson.attempt} tried: {cut(lesson.tried, _LESSON_MAX)}\n  It was told: {said}"


def _role(node: StepState) -> Role:
    conversation = node.conversation
    return Role.WORKER if conversation is None else conversation.role


def _section(head: str, lines: Sequence[str]) -> str:
    return "\n".join([head, *lines]) if lines else ""


def _step(node: StepState) -> str:
    spec = node.spec
    lines = [f"Your step: {attempted_step(spec.id)}{f' ({spec.title})' if spec.title else ''}"]
    lines += [f"Why it is there: {spec.why}"] if spec.why else []
    lines += [f"What may go wrong: {spec.risk}"] if spec.risk else []
    lines += ["What to do:", spec.body.text]
    if checks := shown(spec.checks):
        lines += ["What its checks ask once you have finished:", *(f"- {asked(check)}" for check in checks)]
    return "\n".join(lines)


def _plan(state: RunState, node: StepState, near: int) -> str:
    """Return the plan around the step: what it needs, what needs it, and its neighbours, a line each."""
    steps, own = list(state.steps()), state.nodes.get(attempted_step(node.spec.id), node)
    at = next((index for index, one in enumerate(steps) if one is own), None)
    if not steps or (at is not None and len(steps) == 1):
        return ""
    first, last = (0, 2 * near) if at is None else (max(0, at - near), at + near)
    close = {one.spec.id for one in steps[first : last + 1]} | {*own.needs[:near], *own.dependants[:near]}
    # Where steps run side by side, only of what the step rests on it is certain that it stays as it is.
    known = needed_by(state, node) if state.plan.limits.parallel > 1 else None
    lines: list[str] = []
    for one in (one for one in steps if one.spec.id in close):
        is_known = known is None or one.spec.id in known
        word = "now" if one is own else _WORDS.get(one.status, "later") if is_known else "beside"
        title = f": {cut(one.spec.title, _TITLE_MAX)}" if one.spec.title else ""
        lines.append(f"  {word:7} {one.spec.id}{title}")
    if rest := len(steps) - len(lines):
        lines.append(f"  … and {rest} more")
    return _section(f"The plan in short ({counted(len(steps), 'step')}):", lines)


def _required(state: RunState) -> str:
    """Return the requirements of the goal, each with the number by which steps say that they cover it."""
    numbered = (f"{number}. {cut(text, _LEARNED_MAX)}" for number, text in enumerate(state.plan.requirements, start=1))
    return _section("What the goal asks for, with the numbers that `covers` of steps names:", list(numbered))


def _understood(state: RunState, level: int) -> str:
    found = state.understanding
    if found is None:
        return ""
    lines = [fenced(found.summary)]
    if level < 4:
        files = found.files[:_FILES_MAX]
        rest = len(found.files) - len(files)
        lines += [f"- {one.path}{f': {cut(one.learned, _LEARNED_MAX)}' if level < 3 else ''}" for one in files]
        lines += [f"- … and {rest} more files"] if rest else []
    lines += [f"- risk: {cut(risk, _LEARNED_MAX)}" for risk in found.risks[:_FILES_MAX]]
    lines += [f"- not known: {cut(question, _LEARNED_MAX)}" for question in found.questions[:_FILES_MAX]]
    return _section("What was found out before the plan was made:", lines)


def _accepted(state: RunState) -> list[tuple[Check, CheckRecord]]:
    """Return the acceptance checks an agent may know of, with their answers."""
    pairs = zip(state.plan.accept, state.accept.records, strict=False)
    return [(check, answers) for check, answers in pairs if not check.held_back]


def _result(state: RunState, steps_max: int) -> str:
    """Return what a reviewer has to go by: the difference, and what each step and each check has shown."""
    head = state.branch.head if state.branch is not None else "HEAD"
    lines = [f"The work is the difference between {state.created.base or 'the first commit'} and {head}."]
    lines += [
        f"- step {one.spec.id}: {one.status.value} ({one.proof or 'no proof'})" for one in [*state.steps()][:steps_max]
    ]
    lines += [f"- {answers.after.value}: {asked(check)}" for check, answers in _accepted(state) if answers.after]
    return "\n".join(lines)


def _outputs(state: RunState, node: StepState) -> list[str]:
    nodes = [state.nodes[name] for name in node.needs if name in state.nodes]
    pairs = [(one.spec.id, key, value) for one in nodes for key, value in one.outputs.items()]
    return [f"- {name}: {key}={cut(value, _OUTPUT_MAX)}" for name, key, value in pairs[:_OUTPUTS_MAX]]


def _reached(node: StepState) -> str:
    """Return what earlier attempts did outside, which the restore of the workspace did not take back."""
    conversation = node.conversation
    before = len(node.reached) if conversation is None else conversation.reached_before
    words = {True: "it was done", False: "it was not done", None: "nobody knows whether it was done"}
    lines = [
        f"- {cut(one.command, _LESSON_MAX)} ({words[one.applied]})" for one in node.reached[:before][-_REACHED_MAX:]
    ]
    title = "Commands of earlier attempts that reached others. They still count, so do not repeat what was done:"
    return _section(title, lines)


def _is_of_candidate(by: str, own: StepId) -> bool:
    """Tell whether another candidate of the step noted it, or one of another step."""
    return is_other_candidate(by, own) or (by != own and candidate_made_by(StepId(by)) is not None)


def _notes(state: RunState, node: StepState) -> list[tuple[str, bool]]:
    """Return what was noted outside this conversation, and whether it was there when the conversation began."""
    conversation = node.conversation
    turns = () if conversation is None else conversation.turns
    own = [text for turn in turns for text in noted(turn)]
    known = needed_by(state, node) if state.plan.limits.parallel > 1 else None
    found: list[tuple[str, bool]] = []
    for note in reversed(state.notes):
        if note.by == node.spec.id and note.text in own:
            own.remove(note.text)
            continue
        if _is_of_candidate(note.by, node.spec.id):
            continue  # nobody knows yet whether that candidate counts
        is_beside = known is not None and note.by in state.nodes and note.by != node.spec.id
        is_system_step = note.by.startswith("(")
        found.append((note.text, not is_beside or is_system_step or (known is not None and note.by in known)))
    return found[::-1]
