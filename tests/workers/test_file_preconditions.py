"""How the files stand that a command names: what an approval of it rests on, in the commit that it would run on.

Read `tests/attacks/test_changed_script.py` for what becomes of it when they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from surefoot.core import commands as do
from surefoot.core.approval import Precondition
from surefoot.core.ids import StepId
from surefoot.core.plan import Effect, RunBody, Step
from surefoot.workers.file_preconditions import head_precondition, named_preconditions

if TYPE_CHECKING:
    from conftest import Lane

LINK = "-> "


@dataclass
class Branch:
    """A run branch that steps add commits to, and a look at it."""

    lane: Lane
    head: str
    results: tuple[do.BranchCommit, ...] = ()

    def add(self, step: str, files: Mapping[str, str], *, is_needed: bool = False) -> None:
        """Commit files, or links (`-> TARGET`), as the result of a step."""
        space, root = self.lane.context.space, self.lane.root
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).unlink(missing_ok=True)
            if text.startswith(LINK):
                (root / path).symlink_to(text.removeprefix(LINK))
            else:
                (root / path).write_text(text)
        self.head = space.write_commit(space.tree("0"), self.head, step, at=0.0)
        self.results += (do.BranchCommit(commit=self.head, step=StepId(step), is_needed=is_needed),)

    def look(self, command: str) -> dict[str, Precondition]:
        """Return how the files stand that the command names."""
        spec = Step(id=StepId("it"), body=RunBody(command=command), effect=Effect.IRREVERSIBLE)
        return {one.name: one for one in named_preconditions(self.lane.context, self.asked, spec)}

    @property
    def asked(self) -> do.TakeCheckpoint:
        """The command by which the kernel has a step looked at."""
        return do.TakeCheckpoint(
            step=StepId("it"), attempt=1, lane="0", commit=self.head, scratch=(), branch=self.results
        )


@pytest.fixture
def branch(lane: Lane) -> Branch:
    """Return a run branch with nothing on it."""
    return Branch(lane, lane.context.space.base)


FILES = {
    "publish.sh": "good\n",
    "tools/now": "-> ../publish.sh",
    "scripts": "-> tools",
    "site/index.html": "one\n",
    "m/01.sql": "one\n",
    "Makefile": "all:\n",
}
WAYS = [
    ("./publish.sh", "publish.sh"),
    ("sh tools/now", "publish.sh"),
    ("sh scripts/now", "publish.sh"),
    ("sh scripts/now", "tools/now"),
    ("rsync -r site host:", "site/index.html"),
    ("cat m/*.sql | psql", "m/01.sql"),
    ("make all", "Makefile"),
    ("sh $UNKNOWN", "publish.sh"),
]


@pytest.mark.parametrize(("command", "path"), WAYS)
def test_a_change_of_a_file_shows_in_what_a_command_rests_on(branch: Branch, command: str, path: str) -> None:
    """However the command comes to the file: by its name, a link, a folder, or a program that implies it."""
    branch.add("first", FILES)
    before = {name: one.state for name, one in branch.look(command).items()}
    branch.add("second", {path: "EVIL\n"})
    after = {name: one.state for name, one in branch.look(command).items()}
    assert (before != after, len(before) > 0) == (True, True)


def test_a_link_to_another_file_shows_too(branch: Branch) -> None:
    """Both files stay as they are; the link is exchanged."""
    branch.add("first", {**FILES, "evil.sh": "EVIL\n"})
    before = branch.look("sh tools/now")
    branch.add("second", {"tools/now": "-> ../evil.sh"})
    assert branch.look("sh tools/now")["file tools/now"].state != before["file tools/now"].state


def test_other_files_are_not_looked_at(branch: Branch) -> None:
    """A change beside what is named asks nobody anything."""
    branch.add("first", FILES)
    before = branch.look("./publish.sh")
    branch.add("second", {"site/index.html": "two\n"})
    assert branch.look("./publish.sh") == before


def test_a_link_in_a_circle_or_out_of_the_lane_ends_the_look(branch: Branch) -> None:
    """What lies outside is not a file of the run."""
    branch.add("first", {"a": "-> b", "b": "-> a", "c": "-> /etc/passwd", "d": "-> ../../x"})
    assert set(branch.look("cat a c d e")) == {"file a", "file c", "file d"}


@pytest.mark.parametrize(("is_needed", "is_covered"), [(True, True), (False, False)])
def test_what_a_needed_step_has_changed_is_no_change(branch: Branch, *, is_needed: bool, is_covered: bool) -> None:
    """The plan says that the effect rests on that step's result."""
    branch.add("edit", {"a.txt": "other\n"}, is_needed=is_needed)
    preconditions = branch.look("cat a.txt")["file a.txt"]
    assert (preconditions.since == preconditions.state) is is_covered


def test_a_file_that_another_step_has_changed_first_is_a_change_all_the_same(branch: Branch) -> None:
    """A needed step that changes the file later keeps what the other one wrote into it."""
    branch.add("other", {"a.txt": "EVIL\n"})
    branch.add("needed", {"a.txt": "EVIL\nand more\n"}, is_needed=True)
    preconditions = branch.look("cat a.txt")["file a.txt"]
    assert preconditions.since != preconditions.state


def test_a_file_that_is_gone_or_new_is_a_change(branch: Branch) -> None:
    """A settings file that a program reads only where it is there counts as well."""
    branch.add("new", {".npmrc": "registry=http://localhost\n"})
    assert branch.look("npm publish")["file .npmrc"].since == "no file"


@pytest.mark.parametrize(("needed", "last"), [((True, True), None), ((True, False), 1), ((False, True), 0)])
def test_the_head_moves_by_steps_that_are_not_needed(
    branch: Branch, needed: tuple[bool, ...], last: int | None
) -> None:
    """The last commit of such a step counts, and its name is told."""
    for at, is_needed in enumerate(needed):
        branch.add(f"s{at}", {"a.txt": f"{at}\n"}, is_needed=is_needed)
    base = branch.lane.context.space.base
    told = base if last is None else f"{branch.results[last].commit}, where s{last} left it"
    assert head_precondition(branch.lane.context, branch.asked) == Precondition(
        name="head of the run", state=told, since=base
    )


def test_digests_are_kept_whole(branch: Branch) -> None:
    """Two files whose digests begin with the same twelve characters are found in seconds."""
    branch.add("first", FILES)
    assert {len(one.state) for one in branch.look("cat publish.sh site").values()} == {40}


@pytest.mark.parametrize(("is_outside", "said"), [(True, "good"), (False, "EVIL")])
def test_a_named_file_that_changed_in_the_lane_is_put_back_before_the_effect(
    branch: Branch, *, is_outside: bool, said: str
) -> None:
    """A check, a probe or a service may have written there after the checkpoint; other effects stay in the lane."""
    branch.add("first", {"say": "good\n"})
    branch.lane.perform(branch.asked)
    (branch.lane.root / "say").write_text("EVIL\n")
    spec = Step(id=StepId("it"), body=RunBody(command="cat say"), effect=Effect.IRREVERSIBLE)
    command = do.RunStep(step=spec.id, attempt=1, lane="0", spec=spec, key="k")
    ended = branch.lane.perform(replace(command, rests_on=branch.head if is_outside else None))
    assert ended.ending.text.strip() == said
