"""The sections of a report, in order: failures, what to look at, what was done.

They rest on the JSON report alone. A failure is never left out, however short the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from surefoot.core.event_words import Phase
from surefoot.core.ids import StepId
from surefoot.core.money import money
from surefoot.core.proofs import Proof
from surefoot.core.record import record
from surefoot.core.short_text import counted, listed
from surefoot.core.system_steps import step_said
from surefoot.core.verdicts import CHANGED, changed_said
from surefoot.views.lines import Style, cause_of, duration, headline_of, one_line, said_once

if TYPE_CHECKING:  # shapes take long to make, and only say what is meant
    from surefoot.core.report_shape import (
        AmendmentShape,
        ApproverAnswerShape,
        CheckShape,
        ConstraintShape,
        EffectShape,
        EscalationShape,
        ForkShape,
        MessageShape,
        QuestionShape,
        Report,
        SelectionShape,
        StepShape,
        StopShape,
        ToolCallsShape,
        WordShape,
    )

SHORT_MOST = 12
"""So many rows of each section a short report shows."""
_QUEUED_MOST = 8
_LEFT_OUT_MOST = 12
"""So many steps that were not chosen are named."""
_AMENDED_MOST = 6
"""So many steps that a change of the plan concerns are named."""
_ORIGINS = ("agent", "recovery")
"""Where a change of the planner's comes from, where that is not the planner itself."""
HASH = 7
"""So many characters of a commit id are shown."""

_NOT_THERE = ("branch-left-alone", "branch-behind")
"""Findings that say that the branch is not where the journal is."""
DONE = ("verified", "unproved")
"""The states of a step that was carried out and whose result stays."""
_UNDONE = ("in_doubt", "failed", "waiting", "blocked", "cancelled", "running", "interrupted", "pending")
_STYLES: dict[str, Style] = {
    "verified": "good",
    "unproved": "warn",
    "passed": "good",
    "completed": "good",
    "failed": "bad",
    "in_doubt": "bad",
    "problem": "bad",
    "partially_completed": "warn",
    "waiting": "warn",
    "blocked": "warn",
    "inconclusive": "warn",
    "warning": "warn",
    "cancelled": "warn",
    "paused": "warn",
    "interrupted": "warn",
    "skipped": "dim",
    "pending": "dim",
    "note": "dim",
}


@record
class Row:
    """One thing that is told."""

    word: str = ""
    name: str = ""
    text: str = ""
    style: Style = ""
    more: str = ""
    command: str = ""
    """What to type."""
    aside: str = ""
    """What is only said about it, and proves nothing."""


@record
class Section:
    """Rows under one title."""

    title: str
    rows: Sequence[Row]
    """At least one."""
    hidden: int = 0


def style_of(word: str) -> Style:
    """Return the style that goes with a state, an outcome, a verdict or a severity."""
    return _STYLES.get(word, "")


def standing(report: Report, engine: str | None = None) -> str:
    """Say where the run stands; `engine` is who is at work on it."""
    outcome = report["outcome"]
    if outcome is not None:
        return outcome.replace("_", " ")
    if engine is not None:
        return f"at work ({engine})"
    if report["state"] == "waiting":
        return "waiting for a person"
    if report["state"] == "paused":
        return f"paused ({report['reason']})" if report["reason"] else "paused"
    return "stopped before its end; no engine works on it"


def phase_said(report: Report) -> str:
    """Say which of the four phases the run is in."""
    phases = tuple(Phase)
    return f"Phase {phases.index(Phase(report['phase'])) + 1} of {len(phases)}: {report['phase']}"


def proofs_said(report: Report) -> str:
    """Say on what the steps that were done rest, the strongest proof first; empty: none was done."""
    return ", ".join(f"{proof} {count}" for proof, count in report["proofs"].items())


def headline(report: Report) -> str:
    """Say how much was done: N of M steps verified, and what became of the others."""
    counts, total = report["counts"], len(report["steps"])
    done = counts["verified"] + counts["unproved"] + counts["nothing_to_do"]
    share = f" ({100 * done // total} % done)" if 0 < done < total else ""
    if not total and report["outcome"] is None:
        return "No steps yet: the plan is not made yet"
    parts = [f"{counts['verified']} of {counted(total, 'step')} verified{share}"]
    if counts["unproved"]:
        parts.append(f"{counts['unproved']} done but unproved")
    if counts["nothing_to_do"]:
        parts.append(f"{counts['nothing_to_do']} had nothing to do")
    rest = {**counts, "skipped": counts["skipped"] - counts["nothing_to_do"]}
    parts += [f"{rest[word]} {word.replace('_', ' ')}" for word in (*_UNDONE, "skipped") if rest[word]]
    return ", ".join(parts)


def fork_said(fork: ForkShape) -> str:
    """Say at which step of another run a run begins, and what was done by then."""
    done = f"; done by then: {listed(map(one_line, fork['done']), _LEFT_OUT_MOST)}" if fork["done"] else ""
    return f"Forked from run {fork['run']} at step {fork['step']}, commit {fork['commit'][:HASH]}{done}"


def selection_said(selection: SelectionShape) -> str:
    """Say how many steps of the plan were chosen, and which were left out."""
    said = f"{selection['chosen']} of {counted(selection['of'], 'step')} of the plan were chosen"
    return f"{said}; left out: {listed(selection['left_out'], _LEFT_OUT_MOST)}"


def sections(report: Report, *, is_short: bool, is_long: bool = False) -> Iterator[Section]:
    """Yield what a report tells.

    A short one leaves out what went well and shows only the first of long lists; a long one also has the points to go
    back to and how people were asked.
    """
    order = (*_UNDONE[:2], "skipped", *_UNDONE[2:])  # failures first
    undone = [step for step in report["steps"] if not is_done(step)]
    undone.sort(key=lambda step: order.index(step["state"]))
    unproved = [step for step in report["steps"] if step["state"] == "unproved"]
    accept = sorted(report["accept"], key=lambda check: check["verdict"] == "passed")
    everything = [
        Section(title="Not done", rows=list(map(_step_row, undone))),
        Section(title="Done but unproved", rows=list(map(_step_row, unproved))),
        Section(title="Acceptance", rows=list(map(_check_row, accept))),
        Section(title="Questions", rows=list(map(question_row, report["questions"]))),
        Section(title="Messages", rows=list(map(_message_row, report["messages"]))),
        Section(title="What holds for the run", rows=list(map(_constraint_row, report["constraints"]))),
        Section(title="Said by people", rows=list(map(_word_row, report["words"]))),
        Section(title="The plan was stopped", rows=list(map(_stop_row, report["stops"]))),
        Section(title="Stock", rows=stock_rows(report)),
        Section(title="Changes of the plan", rows=list(map(_amendment_row, report["amendments"]))),
        Section(title="Landed and undone", rows=_landing_rows(report)),
        Section(title="Asking", rows=asking_rows(report, is_short=not is_long)),
        Section(title="Outside effects", rows=_effect_rows(report)),
        Section(title="To look at", rows=[Row(text=one_line(note)) for note in report["look_at"]]),
        Section(title="Findings", rows=_finding_rows(report, is_short=is_short)),
    ]
    if not is_short:
        proved = [step for step in report["steps"] if is_done(step) and step["state"] != "unproved"]
        everything += [
            Section(title="Given up", rows=list(map(_escalation_row, report["escalations"]))),
            Section(title="With a way out of the lane", rows=_reach_rows(report)),
            Section(title="Done", rows=list(map(_step_row, proved))),
            Section(title="Tool calls", rows=list(map(_tool_row, report["tool_calls"]))),
        ]
    if is_long:
        everything.append(Section(title="Rollback points", rows=_point_rows(report)))
    for section in filter(lambda section: section.rows, everything):
        if is_short and section.title != "Questions":
            rows = section.rows[:SHORT_MOST]
            yield replace(section, rows=rows, hidden=len(section.rows) - len(rows))
        else:
            yield section


def is_done(step: StepShape) -> bool:
    """Tell whether nothing more has to be done about a step: it was carried out, or there was nothing to do."""
    return step["state"] in DONE or (step["state"] == "skipped" and step["reason"] == "nothing_to_do")


def _step_row(step: StepShape) -> Row:
    asides = [f"risk: {one_line(step['risk'])}"] if step["risk"] else []
    if (claim := step["claim"]) is not None:
        sure = f" ({claim['confidence']:.0%} sure)" if claim["confidence"] is not None else ""
        doubts = f"; not sure: {listed(map(one_line, claim['uncertainties']), 3)}" if claim["uncertainties"] else ""
        asides.append(f"its agent claims: {one_line(claim['summary'])}{sure}{doubts}")
    if step["tainted_by"]:
        asides.append(f"tainted by {' > '.join(map(one_line, step['tainted_by']))}, done again")
    more = ""
    if not is_done(step) and not step["blocked_by"]:
        # Why it was not done: expected beside actual, or the last lines of its body's output.
        shown = _beside(step["expected"], step["actual"]) or cause_of(step["reason"] or "")
        put_back = f"put back: {listed(map(one_line, step['put_back']))}" if step["put_back"] else ""
        more = "\n".join(filter(None, (shown, put_back)))
    return Row(
        word=step["state"].replace("_", " "),
        name=step["id"],
        text=_step_text(step),
        style=style_of(step["state"]),
        aside="; ".join(asides),
        more=more,
    )


def _beside(expected: str | None, actual: str | None) -> str:
    """Return expected and actual below each other; nothing where one of them is not known."""
    if not expected or not actual:
        return ""
    first, *below = (headline_of(actual), *cause_of(actual).splitlines())
    return "\n".join(
        [f"expected  {one_line(expected)}", f"actual    {first}", *(f"          {line}" for line in below)]
    )


def _step_text(step: StepShape) -> str:
    if step["state"] in DONE:
        return proof_of(step)
    if step["blocked_by"]:
        return f"by {listed(step['blocked_by'])}"
    reason, actual = step["reason"] or "", step["actual"]
    if actual:  # which is shown below
        reason = reason.removesuffix(actual).rstrip(": ")
    reason = headline_of(reason)
    if reason == "nothing_to_do":
        return "nothing to do"
    tried = f"after {counted(step['attempts'], 'attempt')}: " if step["attempts"] > 1 and reason else ""
    optional = "optional; " if step["optional"] else ""
    return optional + tried + reason


def proof_words(proof: str | None, checks: str) -> str:
    """Say on what a result rests; `checks` are those that passed, in words."""
    by_checks = f"proved by {checks}"
    words: dict[str | None, str] = {
        Proof.CHECKS: by_checks,
        Proof.FAIL_TO_PASS: f"{by_checks}, red before",
        Proof.HELD_BACK: f"{by_checks}, held back from its agent",
        Proof.MUTATION: f"{by_checks}, which notice each small change",
        Proof.AGREEMENT: f"{by_checks} and independent attempts that agree",
        Proof.PROBE: "proved by its probe",
        Proof.EXIT_STATUS: "proved by its exit status only",
        Proof.CLAIM: "only its agent's word",
        None: "answered by a person",
    }
    return words.get(proof or None, str(proof))


def proof_of(step: StepShape) -> str:
    """Say on what a step that was done rests, and where its commit is."""
    number = sum(check["verdict"] == "passed" and "vacuous" not in check["flags"] for check in step["checks"])
    commit = f"commit {step['commit'][:HASH]}" if step["commit"] else "no change"
    tests = "".join(f"; {said}" for said in map(tests_said, step["checks"]) if said)
    files = dict.fromkeys(path for check in step["checks"] for path in check["changed_files"])
    changed = f"; {one_line(changed_said(list(files)))}" if files else ""
    return f"{commit}, {proof_words(step['proof'], counted(number, 'check'))}{tests}{changed}"


def _check_row(check: CheckShape) -> Row:
    word = check["verdict"].replace("_", " ")
    more = _beside(check["expected"], check["actual"])
    said = headline_of(check["text"]) if check["verdict"] != "passed" and not more else tests_said(check)
    if check["verdict"] == "not_asked" and said:  # what there is to read was said before the first change
        said = f"before the first change: {said}"
    flags = [flag for flag in check["flags"] if flag != CHANGED and flag.replace("-", " ") not in said]
    said = "; ".join(filter(None, (said, one_line(changed_said(check["changed_files"])))))
    text = f"{said} [{', '.join(flags)}]".strip() if flags else said
    return Row(word=word, name=one_line(check["name"]), text=text, style=style_of(check["verdict"]), more=more)


def tests_said(check: CheckShape) -> str:
    """Say how many tests pass, and which were red before; nothing for a check that is not about tests, or is red."""
    tests = check["tests"]
    if tests is None or check["verdict"] != "passed":
        return ""
    passed, asked = tests["passed"], tests["passed"] + tests["failed"]
    number = f"all {passed} tests pass" if passed == asked else f"{passed} of {asked} tests pass"
    number = "the only test passes" if passed == asked == 1 else number
    _, _, others = headline_of(check["text"]).partition("; ")
    skipped = f"{tests['skipped']} skipped" if tests["skipped"] else ""
    return "; ".join(filter(None, (number, skipped, others)))


def question_row(question: QuestionShape) -> Row:
    """Return a question with the line that answers it."""
    return Row(
        word=question["kind"].replace("_", " "),
        name=question["id"],
        text=step_said(StepId(question["step"])),
        style="warn",
        more=question["text"] + (f"\nwork in: {question['lane']}" if question["lane"] else ""),
        command=f"surefoot answer {question['id']} {answers_to(question['options'])}",
    )


def _word_row(word: WordShape) -> Row:
    """Say who said what, about what."""
    return Row(word=one_line(word["by"]), name=f"about {one_line(word['about'])}", text=one_line(word["text"]))


def _message_row(message: MessageShape) -> Row:
    """Say who said what, to whom, and whether an agent has read it."""
    given = listed(f"{step}, turn {turn}" for step, turn in message["given"].items())
    whose = listed(message["to"]) or "the next agent"
    text = f"{one_line(message['by'])}: {one_line(message['text'])}"
    if given:
        return Row(word="read", name=whose, text=text, aside=f"before its reply at {given}")
    return Row(word="waiting", name=whose, text=text, style="warn", aside="no agent has read it")


def _constraint_row(constraint: ConstraintShape) -> Row:
    """Say what people have said to hold, and what it denies."""
    denied = listed(map(one_line, (*constraint["deny"], *constraint["commands"])))
    return Row(word="denies" if denied else "holds", name=denied, text=one_line(constraint["text"]))


def _amendment_row(wanted: AmendmentShape) -> Row:
    """Say what came of a change of the plan, and whom it concerned."""
    steps = listed(map(one_line, wanted["steps"]), _AMENDED_MOST) if wanted["steps"] else "no step"
    why = f" ({one_line(wanted['why'])})" if wanted["why"] else ""
    name = one_line(wanted["by"]) + (f", {wanted['origin']}" if wanted["origin"] in _ORIGINS else "")
    agreed = f"; {one_line(wanted['agreed_by'])} agreed" if wanted["agreed_by"] else ""
    text = f"{steps}{why}{agreed}" if wanted["refused"] is None else f"{steps}{why}: {one_line(wanted['refused'])}"
    style: Style = "bad" if wanted["state"] == "refused" else "warn" if wanted["state"] in ("pending", "asked") else ""
    return Row(word=wanted["state"], name=name, text=text, style=style)


def _stop_row(stop: StopShape) -> Row:
    """Say who stopped the plan, why, and what came of it."""
    then = f": {one_line(stop['settled'])}" if stop["settled"] else ""
    text = f"{one_line(stop['why'])}{then}"
    style: Style = "" if stop["state"] == "settled" else "warn"
    return Row(word=stop["state"], name=one_line(stop["by"]), text=text, style=style)


def stock_rows(report: Report) -> list[Row]:
    """Say what is done, what is left, what was learnt, and what the right way may be."""
    stock = report["stock"]
    if stock is None:
        return []
    rows = [Row(word="why", text=one_line(stock["why"]), style="warn")]
    rows += [
        Row(word="done", name=one["step"], text=f"commit {one['commit'][:HASH]}" if one["commit"] else "no change")
        for one in stock["done"]
    ] or [Row(word="done", text="nothing")]
    left = listed((f"{one['step']} ({one['state'].replace('_', ' ')})" for one in stock["left"]), _LEFT_OUT_MOST)
    rows += [Row(word="left", text=left)] if left else []
    if stock["head"] is not None:
        text = f"branch {report['branch']} at {stock['head'][:HASH]}, tree {(stock['tree'] or '')[:HASH]}"
        rows.append(Row(word="stands", text=text))
    rows += [Row(word="learnt", text=one_line(one)) for one in stock["learnt"]]
    return rows + [Row(word="right way", text=one_line(one)) for one in stock["ways"]]


def _landing_rows(report: Report) -> list[Row]:
    """Say where the work was landed, and who takes the run back."""
    rows: list[Row] = []
    for one in report["landings"]:
        place = f"branch {one['branch']}" if one["branch"] else "the folder"
        at = one["landed"]
        text = f"{place} at {at[:HASH]}, before at {one['before'][:HASH]}" if at else f"{place}: cut off"
        rows.append(Row(word="landed" if at else "in doubt", name="", text=text, style="" if at else "warn"))
    undo = report["undo"]
    if undo is not None:
        is_done, by = undo["state"] == "done", one_line(undo["by"])
        left = f"; left as they are: {listed(undo['leave'])}" if undo["leave"] else ""
        words = ("undone", f"by {by}") if is_done else ("undo", f"under way, by {by}{left}")
        rows.append(Row(word=words[0], text=words[1], style="warn"))
    return rows


def _tool_row(used: ToolCallsShape) -> Row:
    """Say how often a model called a tool, and how often wrongly."""
    wrongly = f", {used['misused']} of them misused" if used["misused"] else ""
    text = f"{counted(used['calls'], 'call')}{wrongly}"
    return Row(word=one_line(used["tool"]), name=one_line(used["model"]), text=text, style="warn" if wrongly else "")


def asking_rows(report: Report, *, is_short: bool) -> list[Row]:
    """Return how people's attention was used; a short report has only what should be changed about it."""
    asking = report["asking"]
    remark = [Row(word="remark", text=one_line(asking["remark"]), style="warn")] if asking["remark"] else []
    remark = [*map(_approver_row, report["approver_answers"]), *remark]
    if is_short or not asking["asked"]:
        return remark
    by_code = [f"{asking['by_approver']} by code"] if asking["by_approver"] else []
    ends = ("answered", "beforehand", "open", "expired", "withdrawn")
    counts = ", ".join([*(f"{asking[word]} {word}" for word in ends if asking[word]), *by_code])
    questions, reviews = asking["asked"] - asking["reviews"], asking["reviews"]
    kinds = [counted(questions, "question")] if questions or not reviews else []
    kinds += [counted(reviews, "review")] if reviews else []
    rows = [Row(word="asked", text=f"{' and '.join(kinds)}: {counts}")]
    if asking["median_s"] is not None and asking["longest_s"] is not None:
        text = f"median {duration(asking['median_s'])}, slowest {duration(asking['longest_s'])}"
        rows.append(Row(word="answers", text=text))
    if asking["unchanged_share"] is not None:
        words = {"edited": "edited", "rejected": "rejected", "taken_over": "taken over"}
        others = "".join(f", {asking[key]} {word}" for key, word in words.items() if asking[key])
        share = f"{100 * asking['unchanged_share']:.0f} % approved unchanged ({asking['unchanged']}){others}"
        rows.append(Row(word="decided", text=share))
    return rows + remark


def queue_rows(report: Report) -> list[Row]:
    """Return what waits to get onto the branch, and why: a row for each reason."""
    waits: dict[str, list[str]] = {}
    for one in report["queue"]:
        waits.setdefault(one["why"], []).append(one_line(one["step"]))
    said = ((why.partition(" "), names) for why, names in waits.items())
    return [Row(word=word, name=listed(names, _QUEUED_MOST), text=one_line(text)) for (word, _, text), names in said]


def _approver_row(said: ApproverAnswerShape) -> Row:
    """Say what the caller's code answered to an approval request."""
    reason = f": {one_line(said['fault'] or said['reason'])}" if said["fault"] or said["reason"] else ""
    then = "" if said["counted"] else "; a person decides"
    text = f"{said['word']}, by {one_line(said['approver'])} (should_proceed){reason}{then}"
    style: Style = "bad" if said["word"] == "refuse" else "warn" if said["fault"] else ""
    return Row(word="code said", name=one_line(said["step"]), text=text, style=style)


def answers_to(options: Sequence[str]) -> str:
    """Name the answers a question takes, as one types them."""
    return "|".join(options) or "TEXT"


def _effect_rows(report: Report) -> list[Row]:
    words = {True: "applied", False: "not applied", None: "in doubt"}
    rows: list[Row] = []
    for effect in report["outside_effects"]:
        is_there = effect["applied"] is not False and not effect["undone"]
        look = f"; look at {one_line(effect['look'])}" if effect["look"] and is_there else ""
        by_agent = f", by its agent: {one_line(effect['command'])}" if effect["command"] else ""
        command = f"surefoot show {report['run']} {effect['step']}" if is_there else ""
        word = "undone" if effect["undone"] else words[effect["applied"]]
        style: Style = "" if not is_there else "bad" if effect["applied"] is None else "warn"
        text = f"{effect['effect']}{by_agent}{look}{undo_said(effect)}"
        rows.append(Row(word=word, name=effect["step"], text=text, style=style, command=command))
    return rows


def undo_said(effect: EffectShape) -> str:
    """Say how an outside effect is taken back, behind what it is; nothing where it was, or nobody has said so."""
    if effect["undone"]:
        return ""
    own = effect["command"] is None
    ways = (effect["undo"], f"`surefoot undo` runs {effect['undo_command']}" if effect["undo_command"] and own else "")
    said = "; ".join(one_line(way) for way in ways if way)
    return f"; undo: {said}" if said else ""


def _escalation_row(given: EscalationShape) -> Row:
    climbed = ", ".join(one["rung"] for one in given["recoveries"]) or "none"
    after = f"after {counted(given['attempts'], 'attempt')}, recoveries: {climbed}"
    said = f"{given['step']}  {given['diagnosis']}: {given['reason']}, {after}; next: the {given['to']}"
    return Row(text=one_line(said))


def _reach_rows(report: Report) -> list[Row]:
    """Return what had the network, a socket of the host, or no sandbox."""
    rows: list[Row] = []
    for one in report["reach"]:
        name = one["step"] or ("acceptance" if one["check"] is not None else "the run")
        check = f"check {one['check']!r}: " if one["check"] is not None else ""
        command = f": {one['command']}" if one["command"] else ""
        rows.append(Row(word="open", name=name, text=one_line(f"{check}{one['said']}{command}")))
    return rows


def _finding_rows(report: Report, *, is_short: bool) -> list[Row]:
    """Return findings, the gravest first. A short report leaves out notes, and what it tells to look at anyway."""
    order = ("problem", "warning", "note")
    told = {"note"} if is_short else set[str]()
    kept = [
        finding
        for finding in sorted(report["findings"], key=lambda finding: order.index(finding["severity"]))
        if finding["severity"] not in told and not (is_short and finding["kind"] == "exit-status-only")
    ]
    many = said_once((finding["step"] or "", finding["text"]) for finding in kept)
    rows = [
        Row(
            word=f["severity"],
            name="" if f["text"] in many else f["step"] or "",
            text=one_line(f"{many[f['text']]}: {f['text']}" if f["text"] in many else f["text"]),
            style=style_of(f["severity"]),
        )
        for f in kept
    ]
    return list(dict.fromkeys(rows))


def _point_rows(report: Report) -> list[Row]:
    run = report["run"]
    return [
        Row(word=point["commit"][:HASH], name=point["step"], command=f"surefoot restore {run} --to {point['step']}")
        for point in report["rollback_points"]
    ]


def facts(report: Report) -> str:
    """Say where the work is and what it took."""
    parts: list[str] = []
    if report["branch"] is not None:
        is_elsewhere = any(finding["kind"] in _NOT_THERE for finding in report["findings"])
        where = (
            f"verified up to {{}}, where branch {report['branch']} is not"
            if is_elsewhere
            else f"branch {report['branch']} at {{}}"
        )
        parts.append(where.format((report["head"] or "")[:HASH]))
        parts.append(f"from {(report['base'] or '')[:HASH]} in {report['repository']}")
    usage = report["usage"]
    parts += [f"sandbox {report['rung']}", f"{duration(usage['active_s'])} of work"]
    parts += [money(usage["cost_usd"])] if usage["cost_usd"] else []
    parts += [f"{usage['tokens']:,} tokens in {counted(usage['requests'], 'request')}"] if usage["requests"] else []
    return ", ".join(parts)
