"""`file` checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.check_kinds import FileCheck
from surefoot.core.event_words import Verdict

PASSED, FAILED, INCONCLUSIVE = Verdict


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ({"glob": "src/**/*.py", "exists": True}, PASSED),
        ({"glob": "src/*.c", "exists": True}, FAILED),
        ({"glob": "src/*.c", "exists": False}, PASSED),
        ({"glob": "src/a.py", "exists": False}, FAILED),
        ({"glob": "src", "exists": True}, PASSED),
        ({"glob": "src/deep/", "exists": True}, PASSED),
        ({"glob": "./src/*/b.py", "exists": True}, PASSED),
        ({"glob": "*.py", "exists": True}, FAILED),
        ({"glob": "src/**/*.py", "contains": "import"}, PASSED),
        ({"glob": "src/**/*.py", "contains": "import six"}, FAILED),
        ({"glob": "src/*.c", "contains": "x"}, FAILED),
        ({"glob": "src/**/*.py", "lacks": "import six"}, FAILED),
        ({"glob": "src/deep/*.py", "lacks": "import six"}, PASSED),
        ({"glob": "src/*.c", "lacks": "x"}, INCONCLUSIVE),
        ({"glob": "src/**/*.py", "matches": r"^import \w+$"}, PASSED),
        ({"glob": "src/**/*.py", "matches": r"^import s.x$"}, FAILED),
        ({"glob": "src/*.c", "matches": "x"}, FAILED),
        ({"glob": "src/*.py", "matches": "("}, INCONCLUSIVE),
        ({"glob": "../*", "exists": True}, INCONCLUSIVE),
        ({"glob": "/etc/*", "exists": True}, INCONCLUSIVE),
    ],
)
async def test_files_are_asked_as_the_formats_page_says(
    asking: Any, write: Any, question: dict[str, Any], verdict: Verdict
) -> None:
    """One row a rule: every file, at least one file, none at all."""
    write({"src/a.py": "x = 1\nimport six\n", "src/deep/b.py": "import os\n"})
    assert (await asking(FileCheck(**question))).verdict is verdict


async def test_unwanted_text_is_named_with_its_lines(asking: Any, write: Any) -> None:
    """Two hits on a line are one place."""
    write({"a.py": "six\n\nsix six\n", "b.py": "ok\n", "c.py": "\nsix"})
    answer = await asking(FileCheck(glob="*.py", lacks="six"))
    assert answer.text == "found 'six' in a.py:1, a.py:3, c.py:2"


async def test_only_the_first_ten_places_are_named(asking: Any, write: Any, commands: Any) -> None:
    """All of them are in the evidence."""
    write({"a.py": "six\n" * 25})
    answer = await asking(FileCheck(glob="a.py", lacks="six"))
    kept = commands.load(answer.evidence).splitlines()
    assert (answer.text.endswith("a.py:10 and 15 more"), len(kept)) == (True, 26)


async def test_files_without_the_wanted_text_are_named(asking: Any, write: Any) -> None:
    """The one that has it is not."""
    write({"a.py": "license", "b.py": "", "c.py": ""})
    answer = await asking(FileCheck(glob="*.py", contains="license"))
    assert answer.text == "'license' not found in b.py, c.py; 2 of 3 files lack it"


@pytest.mark.parametrize("question", [{"contains": 'version = "2"'}, {"matches": r"^version = .2.$"}])
async def test_the_line_most_like_the_wanted_text_stands_beside_it(
    asking: Any, write: Any, question: dict[str, str]
) -> None:
    """Who expected one version sees which one is there (M118)."""
    write({"a.toml": 'name = "x"\nversion = "1"\n'})
    answer = await asking(FileCheck(glob="a.toml", **question))
    assert answer.text.splitlines()[1:] == ['a.toml:2: version = "1"']


@pytest.mark.parametrize("question", [{"exists": False}, {"contains": "y"}, {"lacks": "x"}, {"matches": "y"}])
async def test_what_a_file_check_says_never_ends_at_a_colon(asking: Any, write: Any, question: dict[str, Any]) -> None:
    """What it found stands on the line that says so, where one line is all that is shown."""
    write({"a.py": "x", "b.py": "x"})
    answer = await asking(FileCheck(glob="*.py", **question))
    assert ("a.py" in answer.text.splitlines()[0], answer.text.endswith(":")) == (True, False)


async def test_ignored_files_are_seen(asking: Any, write: Any) -> None:
    """What a build leaves can be asked about."""
    write({".gitignore": "dist/\n", "dist/x.whl": ""})
    assert (await asking(FileCheck(glob="dist/*.whl", exists=True))).verdict is PASSED


@pytest.mark.parametrize("glob", ["**", ".git/*", ".git/config", "sub/.git/**"])
async def test_git_own_files_are_not_seen(asking: Any, write: Any, glob: str) -> None:
    """What git keeps is no file of the lane."""
    write({".git/config": "x", "sub/.git/config": "x"})
    assert (await asking(FileCheck(glob=glob, exists=False))).verdict is PASSED


async def test_what_a_link_shows_outside_the_lane_is_not_read(asking: Any, write: Any, lane: Path) -> None:
    """A file outside cannot pass a check of the lane."""
    (lane.parent / "outside").write_text("wanted")
    (lane / "link").symlink_to(lane.parent / "outside")
    assert (await asking(FileCheck(glob="link", contains="wanted"))).verdict is FAILED


async def test_a_folder_outside_the_lane_is_not_entered(asking: Any, lane: Path) -> None:
    """A link in the fixed part of the glob is no way out."""
    (lane.parent / "outside").mkdir()
    (lane.parent / "outside" / "file").touch()
    (lane / "link").symlink_to(lane.parent / "outside")
    assert (await asking(FileCheck(glob="link/*", exists=True))).verdict is FAILED


async def test_a_link_inside_the_lane_is_read(asking: Any, write: Any, lane: Path) -> None:
    """Its content is the lane's own."""
    write({"a": "wanted"})
    (lane / "link").symlink_to("a")
    assert (await asking(FileCheck(glob="link", contains="wanted"))).verdict is PASSED


async def test_a_link_itself_exists_wherever_it_leads(asking: Any, lane: Path) -> None:
    """The interpreter of a virtual environment is such a link."""
    (lane / "python").symlink_to("/usr/bin/env")
    assert (await asking(FileCheck(glob="python", exists=True))).verdict is PASSED


async def test_a_pipe_is_not_waited_for(asking: Any, lane: Path) -> None:
    """Only plain files are read."""
    os.mkfifo(lane / "pipe")
    assert (await asking(FileCheck(glob="*", lacks="x"))).verdict is INCONCLUSIVE


async def test_bytes_that_are_no_text_are_searched_all_the_same(asking: Any, lane: Path) -> None:
    """A binary file can hold the text that must not be there."""
    (lane / "a.bin").write_bytes(b"\xff\x00six\xfe")
    assert (await asking(FileCheck(glob="a.bin", lacks="six"))).text == "found 'six' in a.bin:1"


async def test_a_name_that_is_no_utf_8_can_be_shown(asking: Any, lane: Path) -> None:
    """The text goes into a journal of JSON."""
    (lane / os.fsdecode(b"\xff.py")).write_text("six")
    assert "\\udcff.py:1" in (await asking(FileCheck(glob="*.py", lacks="six"))).text


async def test_the_glob_begins_in_the_folder_of_the_check(asking: Any, write: Any) -> None:
    """`cwd` holds for files, too."""
    write({"sub/a.py": "x"})
    assert (await asking(FileCheck(glob="a.py", exists=True), cwd="sub")).verdict is PASSED
