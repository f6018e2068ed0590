"""One step in full, as `show RUN STEP` prints it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from surefoot.cli.candidate_page import candidate_lines
from surefoot.cli.patches import coloured, patch_lines, stat_lines
from surefoot.cli.transcript_page import claim_lines, conversation_lines
from surefoot.core.record import record
from surefoot.core.short_text import counted, listed
from surefoot.core.untrusted_text import behind, exact
from surefoot.views.evidence import blob_text
from surefoot.views.lines import EMPTY, Line, block, duration, one_line, quoted, words_of
from surefoot.views.report_sections import HASH, is_done, proof_of, style_of
from surefoot.views.step_details import StepDetails
from surefoot.views.timeline import said_by
from surefoot.views.transcript import last_transcript, spent_said

_TAIL = 15
"""So many lines of an output are shown, from its end."""
_TAIL_PASSED = 5
_TESTS_MOST = 20


@record(kw_only=False)
class StepPage:
    """The look of one step."""

    step: StepDetails

    def lines(self, *, stat_only: bool) -> Iterator[Line]:
        """Yield all of it."""
        step = self.step.shape
        title = f": {one_line(step['title'])}" if step["title"] else ""
        yield Line(f"Step {step['id']}{title}", "head", hang=2)
        word = step["state"].replace("_", " ")
        said = proof_of(step) if is_done(step) and step["state"] == "verified" else one_line(step["reason"] or "")
        yield Line(f"{word}{': ' if said else ''}{said}", style_of(step["state"]), hang=2, styled=len(word))
        took = ""
        if step["started_at"] is not None and step["ended_at"] is not None:
            took = f", {duration(step['ended_at'] - step['started_at'])} in all"
        decided = f", tier {step['tier']} (rule {step['rule']})" if step["tier"] else ""
        yield Line(f"effect {step['effect']}{decided}, {counted(step['attempts'], 'attempt')}{took}")
        yield from _titled("Asked", self._asked_lines())
        attempts = (Line(f"  {one.attempt}  {one.text}".rstrip(), one.style, hang=5) for one in self.step.history())
        yield from _titled("Attempts", attempts)
        yield from _titled("Candidates", candidate_lines(step))
        yield from _titled("Decisions", self._decision_lines())
        yield from _titled("Samples and reviews", self._review_lines())
        yield from _titled("Checks", self._checks_lines())
        undeclared = (Line(f"  {one_line(path)}", "warn") for path in step["undeclared_writes"])
        yield from _titled("Undeclared writes, put back", undeclared)
        yield from _titled("Handed on", self._handed_on_lines())
        if self.step.node.spec.body.by_model:
            yield from _titled("Claims, which prove nothing", self._claim_lines())
            yield from _titled("Agent", self._conversation_lines())
        else:
            command = f"surefoot show {self.step.run} {step['id']} --output"
            output = blob_text(self.step.home, step["output"])
            yield from _titled("Output of the body", _tail_lines(output, command, _TAIL))
        yield from _titled("Undo", self._undo_lines())
        if step["commit"] is not None:
            yield from _titled(f"Commit {step['commit'][:HASH]}", self._commit_lines(stat_only=stat_only))

    def _asked_lines(self) -> Iterator[Line]:
        spec = self.step.node.spec
        yield Line(f"  {spec.body.kind}:")
        yield from quoted(exact(spec.body.text), 4)
        if spec.why:
            yield Line(f"  why: {one_line(spec.why)}", hang=4)
        if spec.risk:
            yield Line(f"  risk: {one_line(spec.risk)}", hang=4)
        if self.step.node.needs:
            yield Line(f"  needs: {listed(self.step.node.needs, 20)}", hang=4)
        writes = "what the plan's scope allows" if spec.writes is None else listed(map(one_line, spec.writes), 20)
        yield Line(f"  writes: {writes or 'nothing'}", hang=4)

    def _decision_lines(self) -> Iterator[Line]:
        for asked, event in self.step.answers():
            how = ", ".join(filter(None, (event.via, *event.roles)))
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at))
            took = duration(event.at - asked.at)
            yield Line(f"  {when}  {said_by(event)} ({how or 'way unknown'}), {took} after it was asked", hang=4)
            if event.edit is not None:
                yield from block(behind("instead:", event.edit), 6)
            if event.diff is not None:
                yield from coloured(blob_text(self.step.home, event.diff))

    def _review_lines(self) -> Iterator[Line]:
        for one in self.step.state.samples.values():
            if one.step != self.step.node.spec.id:
                continue
            name = f"  {self.step.run}.{one.item}, attempt {one.attempt}"
            if one.reviewed is None:
                yield Line(f"{name}: waits for somebody who looks at it (surefoot review)", hang=4)
                continue
            found = one.reviewed
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(found.at))
            why = f": {one_line(found.why)}" if found.why else ""
            word = "right" if found.ok else "wrong"
            yield Line(
                f"{name}: found {word} by {one_line(found.by)} at {when}{why}", "good" if found.ok else "bad", hang=4
            )

    def _checks_lines(self) -> Iterator[Line]:
        for number, check in enumerate(self.step.shape["checks"]):
            word = check["verdict"].replace("_", " ")
            flags = f" [{', '.join(check['flags'])}]" if check["flags"] else ""
            before = f", before: {check['before']}" if check["before"] else ""
            text = f"  {word}  {one_line(check['name'])} ({check['expect']}{before}){flags}"
            yield Line(text, style_of(check["verdict"]), hang=6, styled=len(word) + 2)
            failing = list(self.step.failing(number))
            for name in failing[:_TESTS_MOST]:
                yield Line(f"      failed  {one_line(name)}", "bad", hang=14, styled=12)
            if len(failing) > _TESTS_MOST:
                yield Line(f"      … and {len(failing) - _TESTS_MOST} failing tests more", "bad")
            yield from quoted(check["text"], 6, "dim")
            if check["evidence"]:
                most = _TAIL_PASSED if check["verdict"] == "passed" else _TAIL
                yield from _tail_lines(blob_text(self.step.home, check["evidence"]), "", most)

    def _handed_on_lines(self) -> Iterator[Line]:
        for key, value in self.step.shape["outputs"].items():
            yield Line(f"  {key} = {one_line(value)}", hang=6)
        kept = self.step.shape["artifacts"]
        if kept is not None:
            yield Line(f"  artifacts: {kept['count']}, {kept['size_bytes']} bytes of files")

    def _claim_lines(self) -> Iterator[Line]:
        conversation = self.step.node.work.conversation if self.step.node.work is not None else None
        claim = (
            conversation.claim if conversation is not None and conversation.claim is not None else self.step.node.claim
        )
        if claim is not None:
            yield from claim_lines(claim)
            own = (finding for finding in self.step.state.reported if finding.step == self.step.node.spec.id)
            yield from (Line(f"  found: {one_line(finding.text)}", "warn", hang=4) for finding in own)

    def _conversation_lines(self) -> Iterator[Line]:
        conversation = last_transcript(self.step.home, self.step.run, self.step.node.spec.id)
        if conversation is not None:
            yield Line(f"  all attempts: {spent_said(self.step.node.usage)}", "dim")
            yield from conversation_lines(
                conversation, f"surefoot show {self.step.run} {self.step.node.spec.id} --turns"
            )
        for node in self.step.state.nodes.values():
            if node.made_beside is not None and node.made_beside[0] == self.step.node.spec.id and node.usage.requests:
                said = f"candidate {node.candidate_number}: {spent_said(node.usage)}"
                yield Line(f"  {said}; in full: surefoot show {self.step.run} '{node.spec.id}' --turns", hang=4)

    def _undo_lines(self) -> Iterator[Line]:
        spec = self.step.node.spec
        if spec.undo_said:
            yield Line(f"  as the plan says: {one_line(spec.undo_said)}", hang=4)
        elif self.step.node.effect.is_outside:
            yield Line("  the plan has no `undo` for the effect; nothing takes it back", "warn", hang=4)
        command = self.step.undone_by()
        if command is not None:
            yield Line(f"  its files, and what came later: {command}", is_whole=True)
        elif self.step.shape["commit"] is not None:
            yield Line(f"  its files, and all else of the run: surefoot undo {self.step.run}", is_whole=True)
        if self.step.shape["commit"] is not None:
            command = f"surefoot restore {self.step.run} --to {self.step.shape['id']}"
            yield Line(f"  it is a rollback point itself: {command}", is_whole=True)

    def _commit_lines(self, *, stat_only: bool) -> Iterator[Line]:
        if self.step.diff is None:
            yield Line("  git cannot show it: the repository is gone", "warn")
            return
        yield from block(self.step.diff.message, 2)
        yield EMPTY
        yield from stat_lines(self.step.diff)
        if not stat_only:
            yield EMPTY
            yield from patch_lines(self.step.diff)


def _titled(title: str, lines: Iterator[Line]) -> Iterator[Line]:
    """Yield lines under a title; nothing, when there are none."""
    body: Sequence[Line] = list(lines)
    if body:
        yield from (EMPTY, Line(title, "head"), *body)


def _tail_lines(text: str, command: str, most: int) -> Iterator[Line]:
    rows = words_of(text).rstrip().splitlines()
    if len(rows) > most:
        how = f"; all of it: {command}" if command else ""
        yield Line(f"      … {len(rows) - most} lines before{how}", "dim", is_whole=True)
    if rows:
        yield from quoted("\n".join(rows[-most:]), 6, "dim")
    if not rows and command:
        yield Line("      (nothing)", "dim")
