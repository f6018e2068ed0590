"""What agents are shown of a lane: lists, matches, lines, outlines.

Read `test_files.py` for that.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest

from surefoot.core.event_words import Absent

GONE: Any = [
    ("read", {"path": "lib/greet.py"}),
    ("list", {"path": "src/gret.py"}),
    ("edit", {"edits": [{"path": "lib/greet.py", "old": "a", "new": "b"}]}),
    ("outline", {"path": "src/greeting.py"}),
    ("outline", {"path": "src/greeting*.py"}),
    ("symbols", {"name": "greet", "path": "lib/greet.py"}),
    ("search", {"pattern": "x", "path": "lib/greet.py"}),
    ("git", {"args": ["log", "lib/greet.py"]}),
]
"""Calls that name a file which is not there."""


async def test_a_list_shows_what_git_does_not_ignore(lane: Any) -> None:
    """New files are there, ignored ones are not, deeper folders are counted."""
    lane.write({"new.txt": "", "a.log": "", "built/x": ""})
    result = await lane("list")
    assert result.text.splitlines()[1:] == [
        ".gitignore  13 B",
        "README.md  21 B",
        "new.txt  0 B",
        "src/deep/  1 file",
        "src/greet.py  68 B",
    ]


async def test_a_list_of_a_folder_can_go_deeper_and_fit_a_glob(lane: Any) -> None:
    """Depth counts from that folder; a glob without a folder means any."""
    deep = await lane("list", path="src", depth=3)
    fitting = await lane("list", glob="*.txt", depth=5)
    assert "src/deep/er/names.txt  9 B" in deep.text
    assert fitting.text.splitlines()[1:] == ["src/deep/er/names.txt  9 B"]


@pytest.mark.parametrize(("tool", "arguments"), GONE)
async def test_a_call_that_names_what_is_not_there_says_so_beside_its_words(
    tool: str, arguments: Any, lane: Any
) -> None:
    """Monitors go by that, whatever the words are (M78)."""
    assert (await lane(tool, **arguments)).absent is Absent.NAMED


@pytest.mark.parametrize(
    ("tool", "arguments", "absent"),
    [
        ("symbols", {"name": "nobody"}, Absent.NAMED),
        ("search", {"pattern": "nowhere"}, Absent.SOUGHT),
        ("list", {"glob": "*.rs"}, Absent.SOUGHT),
        ("search", {"pattern": "greet"}, None),
        ("edit", {"edits": [{"path": "src/greet.py", "old": "nowhere", "new": "b"}]}, None),
    ],
)
async def test_what_is_only_looked_for_is_told_apart_from_what_is_named(
    tool: str, arguments: Any, absent: Absent | None, lane: Any
) -> None:
    """A search that finds nothing takes nothing for granted."""
    await lane("read", path="src/greet.py")
    assert (await lane(tool, **arguments)).absent is absent


@pytest.mark.parametrize(("tool", "arguments"), GONE)
async def test_a_path_that_is_not_there_names_the_nearest_one(tool: str, arguments: Any, lane: Any) -> None:
    """One of the same name wherever it lies, else one that is spelt much alike."""
    lane.editable = replace(lane.editable, writes=("**",))
    result = await lane(tool, **arguments)
    assert (result.ok, "there is src/greet.py" in result.text) == (False, True), result.text


async def test_a_folder_that_is_not_there_names_the_nearest_one(lane: Any) -> None:
    """A command does not start in a folder that was made up."""
    result = await lane("run", command="true", cwd="src/deeper")
    assert "there is no folder src/deeper" in result.text
    assert "there is src/deep" in result.text


async def test_of_several_files_those_that_are_not_there_name_the_nearest(lane: Any) -> None:
    """The others are shown."""
    result = await lane("read", path="README.md", more=[{"path": "lib/greet.py"}])
    assert (result.ok, "for lib/greet.py there is src/greet.py" in result.text) == (True, True)


async def test_a_glob_that_nothing_fits_names_what_there_is(lane: Any) -> None:
    """So that the next call can be about files of this project."""
    result = await lane("list", glob="dist/*")
    assert "; there is .gitignore, README.md, src/deep/er/names.txt, src/greet.py" in result.text


async def test_a_file_that_is_gone_is_not_listed(lane: Any) -> None:
    """Though git still has it in its index."""
    (lane.root / "README.md").unlink()
    assert "README.md" not in (await lane("list")).text


async def test_a_long_list_is_cut_and_says_so(lane: Any) -> None:
    """All of it is kept beside."""
    lane.write({f"many/file-with-a-rather-long-name-{number:04}": "" for number in range(900)})
    result = await lane("list", path="many")
    assert (len(result.text) < 25_000, "more lines" in result.text, "0899" in result.whole) == (True, True, True)


async def test_lines_are_shown_with_their_numbers(lane: Any) -> None:
    """A range, and several files at once; what was seen is remembered by its content."""
    result = await lane("read", path="src/greet.py", start=5, end=6, more=[{"path": "README.md", "start": 3}])
    assert result.text == (
        "src/greet.py: 6 lines, 5-6 shown\n5  class Loud:\n6      pass\n\nREADME.md: 3 lines, 3-3 shown\n3  Says hello."
    )
    assert [*result.saw] == ["src/greet.py", "README.md"]


async def test_a_long_file_is_read_in_pages(lane: Any) -> None:
    """The page says how to go on."""
    lane.write({"long": "".join(f"line {number}\n" for number in range(1, 1001))})
    first = await lane("read", path="long")
    second = await lane("read", path="long", start=401, end=402)
    assert first.text.endswith("400  line 400\n… go on with start: 401")
    assert second.text.endswith("401  line 401\n402  line 402")


async def test_a_file_that_is_missing_among_others_does_not_hide_them(lane: Any) -> None:
    """The rest is shown; that one is named."""
    result = await lane("read", path="nope.py", more=[{"path": "README.md"}])
    assert (result.ok, "there is no file nope.py" in result.text, "Says hello" in result.text) == (True, True, True)


@pytest.fixture(params=["git", "ripgrep"])
def searcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with each program that searches, where it is there."""
    if request.param == "git":
        which = shutil.which
        monkeypatch.setattr(shutil, "which", lambda name, **more: None if name == "rg" else which(name, **more))
    elif shutil.which("rg") is None:
        pytest.skip("ripgrep is not installed")
    return request.param


async def test_a_search_finds_lines_with_their_numbers(lane: Any, searcher: str) -> None:
    """Also in files that git does not know yet, not in those it ignores."""
    lane.write({"src/new.py": "def greeting(): ...\n", "built/x.py": "def greeted(): ...\n"})
    result = await lane("search", pattern=r"def greet\w*\(")
    assert result.text.splitlines() == [
        "2 matches in 2 files",
        "src/greet.py",
        "  1: def greet(name):",
        "src/new.py",
        "  1: def greeting(): ...",
    ]


async def test_a_search_shows_lines_round_a_match(lane: Any, searcher: str) -> None:
    """They are told apart from the match itself."""
    result = await lane("search", pattern="Loud", path="src", context=1)
    assert result.text.splitlines()[1:] == ["src/greet.py", "  4- ", "  5: class Loud:", "  6-     pass"]


async def test_a_search_below_a_folder_fits_the_glob(lane: Any, searcher: str) -> None:
    """The glob does not bring in files that git ignores."""
    lane.write({"src/b.txt": "emma\n", "emma.txt": "emma\n", "src/emma.log": "emma\n"})
    result = await lane("search", pattern="emma", path="src", glob="*.txt")
    assert [line for line in result.text.splitlines() if line.startswith("src")] == [
        "src/b.txt",
        "src/deep/er/names.txt",
    ]


async def test_a_pattern_can_be_plain_text(lane: Any, searcher: str) -> None:
    """Nothing in it has a meaning of its own."""
    assert "1 match in 1 file" in (await lane("search", pattern="greet(name)", literal=True)).text


async def test_a_wrong_pattern_is_explained(lane: Any, searcher: str) -> None:
    """In the words of who could not read it."""
    result = await lane("search", pattern="greet(")
    assert (result.ok, result.is_misuse, "correct the pattern" in result.text) == (False, True, True)


async def test_too_many_matches_are_counted(lane: Any, searcher: str) -> None:
    """The first ones are shown, all of them are kept."""
    lane.write({"many.txt": "match\n" * 300})
    result = await lane("search", pattern="match", max=10)
    assert (result.text.count("match\n"), result.whole.count(": match")) == (10, 300)
    assert "300 matches in 1 file" in result.text


async def test_a_search_does_not_follow_a_link_out_of_the_lane(lane: Any, searcher: str) -> None:
    """Not as a folder to begin in either."""
    (lane.root.parent / "other").mkdir()
    (lane.root.parent / "other/secret").write_text("s3cret\n")
    (lane.root / "link").symlink_to("../other")
    told = [await lane("search", pattern="s3cret", **where) for where in ({}, {"path": "link"})]
    assert [result.text.partition(";")[0] for result in told] == [
        "nothing matches 's3cret'",
        "link is a link that leads out of the workspace",
    ]


async def test_python_is_outlined_by_its_own_parser(lane: Any) -> None:
    """Classes, methods and functions with their lines and arguments."""
    lane.write({"a.py": "class A(B):\n    x = 1\n    async def f(self, n: int = 3) -> None:\n        pass\n\nC = 1\n"})
    result = await lane("outline", path="a.py")
    assert result.text.splitlines() == [
        "a.py: 6 lines",
        "  1-4  class A(B)",
        "    3-4  async def f(self, n: int=3)",
        "  6  C",
    ]


async def test_python_that_does_not_parse_is_outlined_by_its_look(lane: Any) -> None:
    """A file with a mistake in it is the one that has to be looked at."""
    lane.write({"a.py": "class A:\n    def f(self:\n"})
    assert (await lane("outline", path="a.py")).text.splitlines()[1:] == ["  1  class A:", "  2      def f(self:"]


LOOKS = {
    "a.ts": (
        "export class A {\n  private go(n: number): void {\n    if (n) {\n    }\n  }\n}\nconst f = (x) => x\n",
        [1, 2, 7],
    ),
    "a.go": ("package a\n\ntype T struct {\n}\n\nfunc (t *T) Go() error {\n\treturn nil\n}\n", [3, 6]),
    "a.rs": ("pub struct S;\nimpl S {\n    pub async fn go(&self) {}\n}\n", [1, 2, 3]),
    "A.java": ("public final class A {\n    private int f(int x) {\n        return g(x);\n    }\n}\n", [1, 2]),
    "a.c": ("#include <a.h>\nstatic int f(int x)\n{\n    return g(x);\n}\nstruct s {\n};\n", [2, 6]),
    "a.rb": ("class A\n  def go\n  end\nend\n", [1, 2]),
    "a.sh": ("go() {\n  true\n}\n", [1]),
    "a.md": ("# One\n```\n# no\n```\n## Two\n", [1, 5]),
}


@pytest.mark.parametrize("name", LOOKS)
async def test_other_languages_are_outlined_by_their_look(lane: Any, name: str) -> None:
    """The lines that define something, and no others."""
    text, lines = LOOKS[name]
    lane.write({name: text})
    result = await lane("outline", path=name)
    assert [int(line.split()[0]) for line in result.text.splitlines()[1:]] == lines


async def test_a_file_that_cannot_be_outlined_is_said_to_be_one(lane: Any) -> None:
    """It is not passed over."""
    assert "no outline for this kind of file" in (await lane("outline", path="src/**/*.txt")).text
