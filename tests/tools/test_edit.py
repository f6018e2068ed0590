"""The tool `edit` changes exactly what it is told, all of it or nothing, and nothing that it may not."""

from __future__ import annotations

import asyncio
import resource
import stat
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples

GREET = "src/greet.py"


async def test_a_replacement_changes_that_text_alone(lane: Any) -> None:
    """The text stands in place of the old one; the rest stays, and the change is told as a diff."""
    await lane("read", path=GREET)
    result = await lane("edit", edits=[{"path": GREET, "old": "'Hello, ' + name", "new": "f'Hi, {name}'"}])
    assert (result.ok, result.changed) == (True, (GREET,))
    assert lane.text(GREET) == "def greet(name):\n    return f'Hi, {name}'\n\n\nclass Loud:\n    pass\n"
    assert "-    return 'Hello, ' + name\n+    return f'Hi, {name}'" in result.text


async def test_a_file_can_be_edited_again_without_being_read_again(lane: Any) -> None:
    """After an edit the model knows what stands there."""
    await lane("read", path=GREET)
    await lane("edit", edits=[{"path": GREET, "old": "Loud", "new": "Quiet"}])
    result = await lane("edit", edits=[{"path": GREET, "old": "Quiet", "new": "Calm"}])
    assert (result.ok, "class Calm" in lane.text(GREET)) == (True, True)


async def test_a_text_that_stands_in_a_file_once_needs_no_read(lane: Any) -> None:
    """It shows that the model knows what it changes; the rest of the file counts as unread still."""
    result = await lane("edit", edits=[{"path": GREET, "old": "class Loud", "new": "class Quiet"}])
    assert (result.ok, "class Quiet" in lane.text(GREET)) == (True, True)
    result = await lane("edit", create=[{"path": GREET, "content": ""}])
    assert (result.is_misuse, "has not been read" in result.text) == (True, True)


@pytest.mark.parametrize(
    "call",
    [
        {"create": [{"path": GREET, "content": ""}]},
        {"delete": [GREET]},
        {"move": [{"path": GREET, "to": "src/other.py"}]},
        {"edits": [{"path": GREET, "old": "a", "new": "b", "all": True}]},
        {"edits": [{"path": GREET, "old": "Loud", "new": "Quiet"}], "delete": [GREET]},
    ],
)
async def test_a_file_that_was_not_read_is_not_changed_as_a_whole(lane: Any, call: dict[str, Any]) -> None:
    """What a model has not seen it cannot mean."""
    before = lane.text(GREET)
    result = await lane("edit", **call)
    assert (result.is_misuse, "has not been read" in result.text, lane.text(GREET)) == (True, True, before)


async def test_a_file_that_has_changed_since_is_refused_as_stale(lane: Any) -> None:
    """Somebody else's change is never written over."""
    await lane("read", path=GREET)
    lane.write({GREET: "class Loud: ...\n"})
    result = await lane("edit", edits=[{"path": GREET, "old": "Loud", "new": "Quiet"}])
    assert (result.is_misuse, "changed since it was read; read it again" in result.text) == (True, True)
    assert lane.text(GREET) == "class Loud: ...\n"


async def test_a_text_in_several_places_is_refused_with_their_lines(lane: Any) -> None:
    """Which one is meant cannot be told; `all` means every one."""
    lane.write({"src/a.txt": "x\ny\nx\n"})
    await lane("read", path="src/a.txt")
    result = await lane("edit", edits=[{"path": "src/a.txt", "old": "x", "new": "z"}])
    assert (result.ok, "in 2 places, beginning in lines 1, 3" in result.text) == (False, True)
    await lane("edit", edits=[{"path": "src/a.txt", "old": "x", "new": "z", "all": True}])
    assert lane.text("src/a.txt") == "z\ny\nz\n"


async def test_a_text_that_is_nowhere_is_told_the_nearest_lines(lane: Any) -> None:
    """A model that nearly remembers sees what really stands there."""
    await lane("read", path=GREET)
    result = await lane("edit", edits=[{"path": GREET, "old": "    return 'Hello' + name", "new": ""}])
    assert (result.ok, "2      return 'Hello, ' + name" in result.text) == (False, True)


async def test_one_wrong_edit_undoes_all(lane: Any) -> None:
    """All or nothing, over all files of the call."""
    await lane("read", path=GREET)
    edits = [{"path": GREET, "old": "Loud", "new": "Quiet"}, {"path": GREET, "old": "nowhere at all", "new": ""}]
    result = await lane("edit", edits=edits, create=[{"path": "src/new.py", "content": ""}])
    assert (result.ok, "edit 2 of 2" in result.text) == (False, True)
    assert ("Loud" in lane.text(GREET), (lane.root / "src/new.py").exists()) == (True, False)


async def test_files_are_created_moved_and_deleted_in_one_call(lane: Any) -> None:
    """The lane stands as the call says; folders come and go with their files."""
    await lane("read", path=GREET, more=[{"path": "src/deep/er/names.txt"}])
    result = await lane(
        "edit",
        create=[{"path": "src/new/a.py", "content": "A = 1\n"}],
        move=[{"path": GREET, "to": "src/hello.py"}],
        delete=["src/deep/er/names.txt"],
    )
    assert result.changed == ("src/deep/er/names.txt", GREET, "src/hello.py", "src/new/a.py")
    found = sorted(str(path.relative_to(lane.root)) for path in (lane.root / "src").rglob("*"))
    assert found == ["src/hello.py", "src/new", "src/new/a.py"]


async def test_a_file_that_exists_is_only_written_whole_when_it_was_read(lane: Any) -> None:
    """`create` loses nothing that was not seen."""
    refused = await lane("edit", create=[{"path": GREET, "content": "new"}])
    await lane("read", path=GREET)
    taken = await lane("edit", create=[{"path": GREET, "content": "new"}])
    assert (refused.is_misuse, taken.ok, lane.text(GREET)) == (True, True, "new")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("tests/a.py", "may not be changed in this step; it may change: src/**, *.md"),
        (".git/config", "git's own folder"),
        ("src/.git/config", "git's own folder"),
        ("../outside.py", "goes up with"),
        ("/tmp/outside.py", "not relative"),
        ("src/link/a.py", "symbolic link"),
        ("src/alias.py", "symbolic link"),
        ("src/greet.py/a.py", "no folder"),
    ],
)
async def test_what_may_not_be_changed_is_refused_with_the_reason(lane: Any, path: str, why: str) -> None:
    """Outside of `writes`, in git's own folder, out of the lane, through a link."""
    (lane.root / "src/link").symlink_to(lane.root.parent)
    (lane.root / "src/alias.py").symlink_to("greet.py")
    result = await lane("edit", create=[{"path": path, "content": "x"}])
    assert (result.ok, result.is_misuse, result.changed) == (False, True, ())
    assert why in result.text


async def test_a_move_out_of_scope_is_refused(lane: Any) -> None:
    """Both ends of a move have to be allowed."""
    await lane("read", path=GREET)
    result = await lane("edit", move=[{"path": GREET, "to": "elsewhere.py"}])
    assert (result.is_misuse, (lane.root / GREET).exists()) == (True, True)


async def test_the_mode_of_a_file_is_kept(lane: Any) -> None:
    """A script stays one, also when it is moved."""
    (lane.root / GREET).chmod(0o755)
    await lane("read", path=GREET)
    edits = [{"path": GREET, "old": "Loud", "new": "Quiet"}]
    await lane("edit", edits=edits, move=[{"path": GREET, "to": "src/hello.py"}])
    assert stat.S_IMODE((lane.root / "src/hello.py").stat().st_mode) == 0o755


async def test_the_line_ends_of_windows_are_kept(lane: Any) -> None:
    """Models are shown lines without their ends, and what they write gets those of the file."""
    lane.write({"src/dos.txt": "one\r\ntwo\r\nthree\r\n"})
    await lane("read", path="src/dos.txt")
    await lane("edit", edits=[{"path": "src/dos.txt", "old": "one\ntwo", "new": "1\n2\n2b"}])
    assert lane.text("src/dos.txt") == "1\r\n2\r\n2b\r\nthree\r\n"


async def test_mixed_line_ends_stay_mixed(lane: Any) -> None:
    """Each line has its own, and what replaces it gets that."""
    lane.write({"src/mixed.txt": "one\r\ntwo\nthree\n"})
    await lane("read", path="src/mixed.txt")
    edits = [
        {"path": "src/mixed.txt", "old": old, "new": new} for old, new in (("one\ntwo", "1\n2"), ("three\n", "3\n"))
    ]
    await lane("edit", edits=edits)
    assert lane.text("src/mixed.txt") == "1\r\n2\n3\n"


async def test_a_call_without_a_change_is_told_so(lane: Any) -> None:
    """An empty call is a mistake, and said to be one."""
    result = await lane("edit")
    assert (result.is_misuse, "names no change" in result.text) == (True, True)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file become longer than a few kilobytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_that_fails_half_way_leaves_everything_as_it_was(lane: Any, small_disk: None) -> None:
    """What had been written is taken back."""
    await lane("read", path="README.md")
    edits = [{"path": "README.md", "old": "Greet", "new": "Hi"}]
    result = await lane("edit", edits=edits, create=[{"path": "src/new/big.txt", "content": "x" * 9000}])
    assert (result.ok, "big.txt: File too large; what had been changed was put back" in result.text) == (False, True)
    assert (lane.text("README.md")[:7], (lane.root / "src/new").exists()) == ("# Greet", False)


async def test_a_place_that_is_taken_by_a_folder_leaves_everything_as_it_was(lane: Any) -> None:
    """A folder is not replaced by a file, and nothing else of the call is done either."""
    result = await lane("edit", create=[{"path": "src/a.py", "content": ""}, {"path": "src/deep", "content": "x"}])
    assert (result.ok, "is a folder" in result.text, (lane.root / "src/a.py").exists()) == (False, True, False)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=30)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXTS, old=TEXTS, new=TEXTS, after=TEXTS, windows=st.booleans())
def test_any_text_that_stands_once_becomes_any_other(
    lane: Any, before: str, old: str, new: str, after: str, windows: bool
) -> None:
    """Whatever characters they hold; line ends become those of the file, and nothing else is different."""
    whole = f"{before}\n{old}\n{after}\n"
    written = whole.replace("\n", "\r\n") if windows else whole
    lane.write({"src/any.txt": written})
    asyncio.run(lane("read", path="src/any.txt"))
    result = asyncio.run(lane("edit", edits=[{"path": "src/any.txt", "old": old, "new": new}]))
    expected = whole.replace(old, new) if whole.count(old) == 1 and old != new else whole
    assert result.ok is (expected != whole)
    assert lane.text("src/any.txt") == (expected.replace("\n", "\r\n") if windows else expected)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.sampled_from(["src/a", "src/b"]), st.sampled_from("xyzw"), TEXTS), max_size=5))
def test_either_all_edits_are_made_or_none(lane: Any, edits: list[tuple[str, str, str]]) -> None:
    """Compared with a model of two texts."""
    texts = {"src/a": "x y\n", "src/b": "y z\n"}
    lane.write(texts)
    asyncio.run(lane("read", path="src/a", more=[{"path": "src/b"}]))
    wanted = dict(texts)
    for path, old, new in edits:
        fits = wanted[path].count(old) == 1 and old != new
        wanted = {**wanted, path: wanted[path].replace(old, new)} if fits else {}
        if not wanted:
            break
    asyncio.run(lane("edit", edits=[{"path": path, "old": old, "new": new} for path, old, new in edits]))
    assert {path: lane.text(path) for path in texts} == (wanted or texts)


def test_nothing_of_a_write_is_left_beside_the_file(lane: Any) -> None:
    """The file beside, through which it is written, is gone."""
    asyncio.run(lane("edit", create=[{"path": "src/a.py", "content": "A = 1\n"}]))
    assert sorted(path.name for path in (lane.root / "src").iterdir()) == ["a.py", "deep", "greet.py"]


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        ("if loud:\n    return 1\n", "if loud:\n    return 2\n", "    if loud:\n        return 2\n"),
        (
            "        if loud:\n            return 1",
            "        if loud:\n            return 2",
            "    if loud:\n        return 2\n",
        ),
        ("    if loud:  \n        return 1 ", "    if loud:\n        return 2", "    if loud:\n        return 2\n"),
    ],
)
async def test_a_text_that_differs_in_spaces_alone_is_replaced_where_it_stands_once(
    lane: Any, old: str, new: str, stands: str
) -> None:
    """What is meant is certain: the new text is indented like what stands there, and the result says so."""
    lane.write({GREET: "def greet(loud):\n    if loud:\n        return 1\n"})
    result = await lane("edit", edits=[{"path": GREET, "old": old, "new": new}])
    assert (result.ok, "but for spaces" in result.text) == (True, True)
    assert lane.text(GREET) == f"def greet(loud):\n{stands}"


@pytest.mark.parametrize(
    ("content", "old"),
    [
        ("def a():\n    x = 1\n    y = 2\n\ndef b():\n        x = 1\n        y = 2\n", "x = 1\ny = 2"),
        ("def a():\n    if b:\n        x = 1\n", "if b:\nx = 1"),
    ],
)
async def test_where_spaces_leave_a_doubt_nothing_is_replaced(lane: Any, content: str, old: str) -> None:
    """Two places, or lines that are not indented alike: only the model can say what it means."""
    lane.write({GREET: content})
    result = await lane("edit", edits=[{"path": GREET, "old": old, "new": "pass"}])
    assert (result.ok, lane.text(GREET)) == (False, content)


async def test_a_path_without_its_folder_is_taken_for_the_only_file_of_that_name(lane: Any) -> None:
    """The result says which; what may be written is judged by the whole path."""
    result = await lane("edit", edits=[{"path": "greet.py", "old": "Loud", "new": "Quiet"}])
    assert (result.ok, result.changed) == (True, (GREET,))
    assert "greet.py is taken for src/greet.py, the only file of that name" in result.text
    result = await lane("read", path="names.txt")
    assert (result.ok, "names.txt is taken for src/deep/er/names.txt" in result.text) == (True, True)


async def test_a_path_without_its_folder_that_two_files_end_in_is_not_taken(lane: Any) -> None:
    """They are named instead."""
    lane.write({"tests/greet.py": "x\n"})
    result = await lane("read", path="greet.py")
    assert (result.ok, "src/greet.py" in result.text, "tests/greet.py" in result.text) == (False, True, True)
