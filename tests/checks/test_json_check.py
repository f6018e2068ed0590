"""`json` checks: what stands at a path of a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surefoot.checks import json_check
from surefoot.core.check_kinds import JsonCheck
from surefoot.core.event_words import Verdict

PASSED, FAILED, INCONCLUSIVE = Verdict
DOCUMENT = {"a": {"b": [{"c": 1.0}, "x"], "v1.2": True}, "n": None, "/": {"~": [1, {"k": 2}]}, "": 7}


@pytest.mark.parametrize(
    ("path", "equals", "verdict"),
    [
        ("a.b[0].c", 1, PASSED),
        ("a.b.0.c", 1.0, PASSED),
        ("a.b[0].c", True, FAILED),
        ("a.b[0].c", "1", FAILED),
        ("a.b[1]", "x", PASSED),
        ("a.b[2]", "x", FAILED),
        ("a.v1.2", True, PASSED),
        ("a.v1.2", 1, FAILED),
        ("n", None, PASSED),
        ("m", None, FAILED),
        ("/~1/~0", [1.0, {"k": 2}], PASSED),
        ("/~1/~0/1/k", 2, PASSED),
        ("/a/v1.2", True, PASSED),
        ("/", 7, PASSED),
        ("a.b", [{"c": 1}, "x"], PASSED),
        ("a.b", [{"c": True}, "x"], FAILED),
        ("a", {"b": []}, FAILED),
    ],
)
async def test_a_value_is_compared_with_its_type(
    asking: Any, write: Any, path: str, equals: object, verdict: Verdict
) -> None:
    """One row a rule of paths and of what is equal."""
    write({"x.json": json.dumps(DOCUMENT)})
    assert (await asking(JsonCheck(file="x.json", path=path, equals=equals))).verdict is verdict


@pytest.mark.parametrize(
    ("content", "path", "text"),
    [
        ('{"v": 2}', "v", "v in x.json is 2; expected 3"),
        ('{"v": "3"}', "v", 'v in x.json is "3"; expected 3'),
        ('{"v": [1]}', "v[4]", "x.json has no v[4]: v is a list of 1"),
        ('{"v": {"w": 1}}', "v.x.y", 'x.json has no v.x.y: v is an object with the keys ["w"]'),
        ('{"v": {}}', "/v/x", "x.json has no /v/x: /v is an empty object"),
        ("[]", "v", "x.json has no v: the document is a list of 0"),
        ('{\n  "v": 3,\n}', "v", "x.json:3:1: no JSON: Expecting property name enclosed in double quotes"),
        ("", "v", "x.json:1:1: no JSON: Expecting value"),
        ('{"v": NaN}', "v", "x.json: no JSON: NaN is no value of JSON"),
    ],
)
async def test_a_failure_says_what_was_found_and_where(
    asking: Any, write: Any, content: str, path: str, text: str
) -> None:
    """The file, the line where it is broken, or the value in the place of the wanted one."""
    write({"x.json": content})
    answer = await asking(JsonCheck(file="x.json", path=path, equals=3))
    assert (answer.verdict, answer.text) == (FAILED, text)


async def test_a_missing_file_fails(asking: Any) -> None:
    """And is named."""
    answer = await asking(JsonCheck(file="x.json", path="v", equals=3))
    assert (answer.verdict, answer.text) == (FAILED, "there is no file x.json in the workspace")


async def test_the_file_counts_from_the_folder_of_the_check(asking: Any, write: Any) -> None:
    """As the paths of other checks do."""
    write({"sub/x.json": "[3]"})
    assert (await asking(JsonCheck(file="x.json", path="[0]", equals=3), cwd="sub")).verdict is PASSED


async def test_a_link_out_of_the_lane_is_no_file(asking: Any, lane: Path, tmp_path: Path) -> None:
    """What lies outside is not read."""
    (tmp_path / "outside.json").write_text('{"v": 3}', "utf-8")
    (lane / "x.json").symlink_to(tmp_path / "outside.json")
    assert (await asking(JsonCheck(file="x.json", path="v", equals=3))).verdict is FAILED


@pytest.mark.parametrize("file", ["/etc/passwd", "../x.json"])
async def test_a_path_that_leads_out_is_not_read(asking: Any, file: str) -> None:
    """Python callers can write one; plan files cannot."""
    assert (await asking(JsonCheck(file=file, path="v", equals=3))).verdict is INCONCLUSIVE


async def test_a_file_that_is_too_large_is_not_read(asking: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows what stands in it."""
    monkeypatch.setattr(json_check, "SIZE_MAX", 5)
    write({"x.json": '{"v": 3}'})
    assert (await asking(JsonCheck(file="x.json", path="v", equals=3))).verdict is INCONCLUSIVE
