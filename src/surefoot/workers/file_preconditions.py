"""Fingerprints of the files that a step's commands name: preconditions of an irreversible effect.

Files are read as objects of git, never from the disk, so that nothing at work in a lane can show one file and run
another.
"""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from surefoot.core import commands as do
from surefoot.core.approval import Precondition
from surefoot.core.globs import literal, literal_folder, matches, with_content
from surefoot.core.named_files import EVERYTHING, module_files, named_files
from surefoot.core.plan import Step
from surefoot.core.plan_commands import commands_of_step
from surefoot.effects.artifacts.perform import LINK, wanted_artifacts
from surefoot.shellwords import facts_with
from surefoot.workers.run_context import RunContext

_NOTHING = "no file"
_LINK_MODE = "120000"
_LINKS_MAX = 40
"""As many links are followed, one after the other, as Linux follows."""

Entries = Mapping[str, tuple[str, str]]
"""By path the mode and the object of git, of a submodule its commit; or the kind and the digest of an artifact."""


def named_preconditions(context: RunContext, command: do.TakeCheckpoint, spec: Step) -> Iterator[Precondition]:
    """Yield how the files stand that the step's commands name, and how they stood when the run began.

    What steps have changed that this one needs counts as it is now: the plan says that the step rests on their results.
    """
    globs = _globs(context, spec)
    if not globs:
        return
    made = {path: (entry[1], entry[3]) for path, entry in wanted_artifacts(context, command.artifacts).items()}
    now, base = (
        _Files(context, {**made, **context.space.entries(commit)}) for commit in (command.commit, context.space.base)
    )
    others = None
    for glob in globs:
        found, began = now.found(glob), base.found(glob)
        state, since = now.digest(found), base.digest(began)
        if not found and not began:
            continue
        if state != since:
            others = changed_beside(context, command) if others is None else others
            since = state if others.isdisjoint({*found, *began}) else since
        yield Precondition(name=f"file {glob}" if glob != EVERYTHING else "all files", state=state, since=since)


def put_back_named(context: RunContext, lane: str, spec: Step, commit: str) -> None:
    """Make the tracked files that the step's commands name what they are in a commit, just before they run.

    A check, a probe or a service of the step may have changed them in the lane since they were looked at.
    """
    globs = _globs(context, spec)
    written = context.space.written(lane) if globs else ()
    if not written:
        return
    files = _Files(context, context.space.entries(commit))
    named = {path for glob in globs for path in files.found(glob)}
    changed = [path for path in written if path in named]
    if changed:
        context.space.put_back(lane, context.space.commit_tree_of(commit), changed)


def changed_beside(context: RunContext, command: do.TakeCheckpoint) -> frozenset[str]:
    """Return the paths that the run has changed through steps which this one does not need."""
    needed = {one.commit for one in command.branch if one.is_needed}
    commits = context.space.commits_between(context.space.base, command.commit)
    return context.space.changed_in([commit for commit in commits if commit not in needed])


def head_precondition(context: RunContext, command: do.TakeCheckpoint) -> Precondition:
    """Return the last commit of the branch by a step which this one does not need, or the base of the run."""
    steps = {one.commit: one for one in command.branch}
    base = context.space.base
    for commit in context.space.commits_between(base, command.commit):
        step = steps.get(commit)
        if step is None or not step.is_needed:
            left = "" if step is None else f", where {step.step} left it"
            return Precondition(name="head of the run", state=f"{commit}{left}", since=base)
    return Precondition(name="head of the run", state=base, since=base)


def _globs(context: RunContext, spec: Step) -> tuple[str, ...]:
    """Return globs for what the body names, and whatever runs beside it with a way out of the sandbox."""
    plan, body = context.plan, spec.body
    folder, start = plan.folder, f"{plan.folder}/{spec.cwd}" if spec.cwd else plan.folder
    path = () if plan.prepare is None else tuple(f"{folder}/{one}" for one in plan.prepare.path)
    known = {**plan.env, **spec.env}
    found: list[str] = []
    for text, shell in body.commands:
        found += named_files(facts_with(text, known, shell), start, path)
    if body.calls is not None:
        found += module_files(body.calls.partition(":")[0], start)
    for one, env in commands_of_step(spec, plan.env):
        if one.reaches_out and one.is_shell:
            found += named_files(facts_with(one.text, env), folder, path)
        elif one.reaches_out:
            found += module_files(one.text.partition(":")[0], folder)
    return (EVERYTHING,) if EVERYTHING in found else tuple(dict.fromkeys(found))


@dataclass
class _Files:
    """The files of a commit, and the artifacts beside them."""

    context: RunContext
    entries: Entries
    paths: list[str] = field(init=False)
    links: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Put the paths in order, so that those of a folder are found at once."""
        self.paths = sorted(self.entries)
        self.links = frozenset(path for path, (mode, _) in self.entries.items() if mode in {_LINK_MODE, LINK})

    def found(self, glob: str) -> frozenset[str]:
        """Return the paths that a glob means: files, what is in folders, links and what they lead to."""
        if glob == EVERYTHING:
            return frozenset(self.paths)
        found: set[str] = set()
        fixed = "/".join(literal_folder(glob))
        is_fixed = literal(glob) == glob
        todo = [glob] if is_fixed else [one for one in self._below(fixed) if matches(one, with_content((glob,)))]
        while todo:
            path = todo.pop()
            links, end = self._followed(path)
            new = {*links, *(() if end is None else self._below(end))} - found
            found |= new
            todo += (one for one in new if one in self.links)
        return frozenset(found)

    def digest(self, paths: Collection[str]) -> str:
        """Name what is at these paths: the object of git where it is one file, else a digest over all."""
        if not paths:
            return _NOTHING
        if len(paths) == 1:
            return self.entries[next(iter(paths))][1]
        rows = (f"{path}\0{' '.join(self.entries[path])}\0" for path in sorted(paths))
        return hashlib.sha256("".join(rows).encode("utf-8", "surrogateescape")).hexdigest()

    def _below(self, path: str) -> list[str]:
        """Return the file at a path, or those in the folder there, or the submodule that it lies in."""
        if path in self.entries:
            return [path]
        if not path:
            return self.paths
        start = bisect_left(self.paths, f"{path}/")
        end = bisect_left(self.paths, f"{path}0")  # the character behind the slash
        return self.paths[start:end]

    def _followed(self, path: str) -> tuple[list[str], str | None]:
        """Return the links on the way down a path, and where it leads; None: out of the lane, or nowhere."""
        links: list[str] = []
        at, rest = "", [part for part in path.split("/") if part]
        while rest:
            part = rest.pop(0)
            if part == "..":
                if not at:
                    return links, None
                at = at.rpartition("/")[0]
                continue
            at = f"{at}/{part}" if at else part
            if at in self.links:
                links.append(at)
                mode, what = self.entries[at]
                target = what if mode == LINK else os.fsdecode(self.context.space.content(what))
                if target.startswith("/") or len(links) > _LINKS_MAX:
                    return links, None
                at, rest = at.rpartition("/")[0], [one for one in target.split("/") if one not in {"", "."}] + rest
            elif at in self.entries:
                return links, at  # a file, or a submodule whatever of it is meant
        return links, at
