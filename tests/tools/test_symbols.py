"""Where a name is defined, and where it is used.

Read `test_files.py` for that.
"""

from __future__ import annotations

from typing import Any

import pytest

PYTHON = """\
from os import path as route
import json

LIMIT = 3


class Loud:
    volume: int = LIMIT

    def __init__(self, volume):
        self.level = volume

    def shout(self):
        return self.level  # not a LIMIT


def total(limit=LIMIT):
    for step in range(limit):
        total_so_far = step
    return json.dumps(total_so_far)
"""


async def lines_of(lane: Any, name: str, **path: str) -> list[str]:
    """Return what the tool says of a name, line by line, without the head."""
    result = await lane("symbols", name=name, **path)
    assert result.ok, result.text
    return [line.strip() for line in result.text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("name", "defined"),
    [
        ("LIMIT", ["a.py:4  constant  LIMIT = 3"]),
        ("Loud", ["a.py:7  class  class Loud:"]),
        ("volume", ["a.py:8  attribute  volume: int = LIMIT"]),
        ("level", ["a.py:11  attribute  self.level = volume"]),
        ("shout", ["a.py:13  method  def shout(self):"]),
        ("total", ["a.py:17  function  def total(limit=LIMIT):"]),
        ("step", ["a.py:18  variable  for step in range(limit):"]),
        ("route", ["a.py:1  import  from os import path as route"]),
        ("limit", []),
        ("path", []),
    ],
)
async def test_a_definition_is_told_with_its_place_and_kind(lane: Any, name: str, defined: list[str]) -> None:
    """Parameters are uses, and so is what an import only names."""
    lane.write({"a.py": PYTHON})
    told = await lines_of(lane, name, path="a.py")
    end = told.index("used") if "used" in told else len(told)
    assert told[1:end] == defined if defined else told[0] == "used"


async def test_uses_stand_behind_the_definitions(lane: Any) -> None:
    """By file and line; what stands in comments and texts only is counted."""
    lane.write({"a.py": PYTHON, "b.py": "from a import LIMIT\nprint(LIMIT)\n"})
    assert (await lane("symbols", name="LIMIT")).text.splitlines() == [
        "LIMIT: 2 definitions, 3 uses in 2 files",
        "defined",
        "  a.py:4  constant  LIMIT = 3",
        "  b.py:1  import  from a import LIMIT",
        "used",
        "  a.py:8: volume: int = LIMIT",
        "  a.py:17: def total(limit=LIMIT):",
        "  b.py:2: print(LIMIT)",
        "… 1 line with it in comments and texts only; `search` shows them",
    ]


async def test_the_rest_of_a_dotted_name_narrows(lane: Any) -> None:
    """By the class or the module that the definition is in; other uses are counted."""
    lane.write({"a.py": PYTHON, "c.py": "class Soft:\n    def shout(self):\n        pass\n", "d.py": "x.shout()\n"})
    assert await lines_of(lane, "Loud.shout") == [
        "defined",
        "a.py:13  method  def shout(self):",
        "… 1 more use in files without Loud; ask for the last part alone",
    ]
    assert (await lines_of(lane, "c.Soft.shout"))[1] == "c.py:2  method  def shout(self):"


OTHERS = {
    "a.js": ("export const grow = (x) => x\ngrow(1)\n", "variable"),
    "a.ts": ("interface grow {\n}\nlet x: grow\n", "interface"),
    "a.go": ("func (t *Tree) grow(n int) {\n}\nt.grow(2)\n", "function"),
    "a.rs": ("pub fn grow(n: u8) -> u8 {\n}\nlet y = grow(2);\n", "function"),
    "A.java": ("class A {\n    int grow(int n) {\n    }\n  int m = grow(2);\n", "function"),
    "a.c": ("int grow(int n)\n{\n}\nint main(void) { return grow(2); }\n", "function"),
    "a.rb": ("def grow\nend\ngrow\n", "function"),
    "a.sh": ("grow() {\n}\ngrow\n", "function"),
    "Makefile": ("grow: seed\n\techo\nall: grow\n", "target"),
}


@pytest.mark.parametrize("path", OTHERS)
async def test_other_languages_are_told_by_the_look_of_their_lines(lane: Any, path: str) -> None:
    """One definition, and one use."""
    text, kind = OTHERS[path]
    lane.write({path: text})
    defined, place, used, use = await lines_of(lane, "grow")
    assert (defined, used) == ("defined", "used")
    assert place.split()[1] == kind
    assert use.startswith(f"{path}:")


async def test_python_that_does_not_parse_is_told_by_its_look(lane: Any) -> None:
    """A file in the middle of a change still has its functions."""
    lane.write({"a.py": "def grow(:\n    pass\n\ngrow(1)\n"})
    assert await lines_of(lane, "grow") == ["defined", "a.py:1  function  def grow(:", "used", "a.py:4: grow(1)"]


async def test_a_name_within_another_is_no_place(lane: Any) -> None:
    """Whole words only, with letters of any language."""
    lane.write({"a.py": "grow = 1\ngrown = outgrow = 2\ngrow_up = 3\ngrowé = 4\n"})
    assert await lines_of(lane, "grow") == ["defined", "a.py:1  variable  grow = 1"]


@pytest.mark.parametrize("path", ["src", "src/", "src/**", "src/a.py", "**/a.py", "[a]*.py"])
async def test_a_path_narrows_to_a_file_a_folder_or_a_glob(lane: Any, path: str) -> None:
    """A folder means all below."""
    lane.write({"src/a.py": "grow = 1\n", "b.py": "grow = 2\n"})
    assert await lines_of(lane, "grow", path=path) == ["defined", "src/a.py:1  variable  grow = 1"]


@pytest.mark.parametrize("path", ["a.log", "link.py"])
async def test_what_the_other_tools_do_not_show_is_not_found(lane: Any, path: str) -> None:
    """Neither what git ignores, nor what lies behind a link that leads out."""
    outside = lane.root.parent / "outside.py"
    outside.write_text("grow = 1\n")
    lane.write({"a.log": "grow = 1\n"})
    (lane.root / "link.py").symlink_to(outside)
    result = await lane("symbols", name="grow", path=path)
    assert (result.ok, "grow = 1" in result.text) == (False, False)


async def test_a_file_that_is_too_big_is_counted(lane: Any) -> None:
    """It is not looked through, and that is said."""
    lane.write({"big.py": "grow = 1\n" + "#" * 8_000_001, "a.py": "grow = 2\n"})
    assert await lines_of(lane, "grow") == [
        "defined",
        "a.py:1  variable  grow = 2",
        "… 1 file not looked through, too big or too many; give a `path`",
    ]


async def test_long_lists_are_shortened_and_kept(lane: Any) -> None:
    """How many more there are is said; all of them are evidence."""
    lane.write({"a.py": "grow = 1\n" * 50 + "print(grow)\n" * 90})
    result = await lane("symbols", name="grow")
    assert result.text.startswith("grow: 50 definitions, 90 uses in 1 file\n")
    assert result.text.count("… and 10 more; give a `path`") == 2
    assert (result.whole.count("variable"), result.whole.count("print(grow)")) == (50, 90)


@pytest.mark.parametrize(("name", "near"), [("GREET", "greet"), ("gret", "greet"), ("a.loud", "Loud")])
async def test_an_unknown_name_names_the_nearest_that_exist(lane: Any, name: str, near: str) -> None:
    """Another way to write it first; it is no misuse."""
    result = await lane("symbols", name=name)
    assert (result.ok, result.is_misuse, f"there is {near}" in result.text) == (False, False, True), result.text


@pytest.mark.parametrize("name", ["a b", "a.", "-e", "x()", "a..b", "*"])
async def test_what_is_no_name_is_refused(lane: Any, name: str) -> None:
    """With the tool that takes it."""
    result = await lane("symbols", name=name)
    assert (result.is_misuse, "use `search`" in result.text, lane.commands.asked) == (True, True, [])


async def test_the_same_question_has_the_same_answer(lane: Any) -> None:
    """In an order that hangs on paths and lines alone."""
    lane.write({f"{name}.py": "def grow():\n    return grow\n" for name in "zbxa"})
    first, again = [await lane("symbols", name="grow") for _ in range(2)]
    assert first.text == again.text
    assert [line[2] for line in first.text.splitlines() if line.startswith("  ")] == list("abxzabxz")
