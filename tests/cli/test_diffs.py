"""What a commit changed is shown as far as a person can read it, and counted beyond that."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from surefoot.cli.patches import patch_lines, stat_lines
from surefoot.views.diffs import Diff, read_diff
from surefoot.views.lines import Line
from surefoot.views.spool import Listener

WHO = ("-c", "user.name=Una", "-c", "user.email=una@example.org")


def diff_of(folder: Path, files: dict[bytes, bytes]) -> Diff:
    """Return what a commit with these files changed."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name, content in files.items():
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(content)  # noqa: PTH118 - bytes
    for command in (["add", "-A"], [*WHO, "commit", "-qm", "Change"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    diff = read_diff([folder / "gone", folder], "HEAD")
    assert diff is not None
    return diff


def test_changes_are_coloured_by_what_they_do(tmp_path: Path) -> None:
    """Added lines are not like headings."""
    lines = list(patch_lines(diff_of(tmp_path, {b"a.txt": b"new\n"})))
    assert (Line("  +new", "good", is_whole=True) in lines, lines[0].style) == (True, "head")


def test_a_private_key_in_a_commit_is_masked_whole(tmp_path: Path) -> None:
    """Although each of its lines is shown as a line of its own."""
    body = "\n".join(["MIIEpAIBAAKCAQEA" * 4] * 3)
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\nkept\n"
    shown = "\n".join(line.text for line in patch_lines(diff_of(tmp_path, {b"a.pem": key.encode()})))
    assert ("MIIE" in shown, "***" in shown, "+kept" in shown) == (False, True, True)


def test_a_binary_file_is_named_not_shown(tmp_path: Path) -> None:
    """Its bytes say nothing to a person."""
    diff = diff_of(tmp_path, {b"a.bin": b"\0\1\2"})
    assert ("binary  a.bin" in next(iter(stat_lines(diff))).text, "Binary files" in diff.patch) == (True, True)


def test_a_huge_change_is_counted_not_shown(tmp_path: Path) -> None:
    """With the command that shows it; the others are shown all the same."""
    diff = diff_of(tmp_path, {b"big.txt": b"x\n" * 1001, b"small.txt": b"y\n"})
    text = "\n".join(line.text for line in patch_lines(diff))
    assert ("+y" in text, "+x" in text, "big.txt: 1001 changed lines" in text) == (True, False, True)


def test_many_changes_are_shown_as_far_as_they_can_be_read(tmp_path: Path) -> None:
    """The rest is counted."""
    diff = diff_of(tmp_path, {b"%d.txt" % number: b"x\n" * 900 for number in range(5)})
    assert [file.path for file in diff.left_out] == ["3.txt", "4.txt"]


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"new\nline", b"esc\x1b[2J", b"*", b"a b"])
def test_any_name_of_a_file_is_shown_harmlessly(name: bytes, tmp_path: Path) -> None:
    """And the file of that name is the one whose changes are shown."""
    diff = diff_of(tmp_path, {name: b"new\n"})
    text = "\n".join(line.text for line in [*stat_lines(diff), *patch_lines(diff)])
    assert ("\x1b" in text, "+new" in text, len(diff.files)) == (False, True, 1)


def test_what_a_file_holds_does_not_steer_the_terminal(tmp_path: Path) -> None:
    """An escape is shown."""
    diff = diff_of(tmp_path, {b"a.txt": b"x\x1b[2Jy\n"})
    assert "  +x\\x1b[2Jy" in [line.text for line in patch_lines(diff)]


def test_a_commit_nobody_has_cannot_be_shown(tmp_path: Path) -> None:
    """Nor is it an error."""
    assert read_diff([tmp_path], "HEAD") is None


@pytest.mark.parametrize(
    ("printed", "heard"),
    [("one\ntwo\n", "two"), ("10 %\r20 %\r", "20 %"), ("half", "half"), ("", ""), ("x\n" * 9999 + "end\n\n", "end")],
)
def test_the_last_line_of_a_command_is_heard_while_it_runs(printed: str, heard: str, tmp_path: Path) -> None:
    """Also one that is redrawn, or has no end yet."""
    (tmp_path / "1-1-2.out").write_text(printed, "utf-8")
    assert Listener(tmp_path).last_line("2") == heard


def test_a_command_in_another_lane_is_not_heard(tmp_path: Path) -> None:
    """Each lane has its own."""
    (tmp_path / "1-1-12.out").write_text("twelve\n", "utf-8")
    assert (Listener(tmp_path).last_line("2"), Listener(tmp_path / "gone").last_line("2")) == ("", "")
