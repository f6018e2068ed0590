"""Whole files in a reply become one call of `edit`."""

from __future__ import annotations

import pytest

from surefoot.core.agent_types import Fault, Usage
from surefoot.models.scripted import scripted
from surefoot.models.whole_files import call_in, written_in
from surefoot.ports import Message, ModelAnswer, ModelFault, ModelRequest, Speaker

ONE = "FILE: src/a.py\n```python\nx = 1\n```\n"


def written(text: str, *paths: str) -> dict[str, str] | None:
    """Return the files in a reply, by path."""
    call = call_in(text, paths or ("src/a.py",))
    if call is None:
        return None
    return {one["path"]: one["content"] for one in call.arguments["create"]}


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        "Here it is:\n\n```\nx = 1\n```\nThat should do.",
        "**a.py**\n\n````python\nx = 1\n````",
        "FILE: src/a.py\n```python\nx = 1\n",
        f"{ONE}\nAnd a call of it:\n```python\nprint(x)\n```",
    ],
)
def test_the_one_file_that_was_asked_for_is_found(text: str) -> None:
    """Named or not, with words round it, with other ticks, without an end; the first block counts."""
    assert written(text) == {"src/a.py": "x = 1\n"}


def test_several_files_need_their_paths() -> None:
    """Which block is which would be a guess."""
    paths = ("src/a.py", "src/b.py")
    assert written(f"{ONE}\nFILE: src/b.py\n```\ny = 2\n```", *paths) == {"src/a.py": "x = 1\n", "src/b.py": "y = 2\n"}
    assert written("```\nx = 1\n```", *paths) is None


def test_a_block_within_a_file_does_not_end_it() -> None:
    """More ticks round it tell it apart."""
    text = "````\n# Use\n\n```\nrun\n```\n````\n"
    assert written(text, "README.md") == {"README.md": "# Use\n\n```\nrun\n```\n"}


def test_a_file_of_an_earlier_reply_is_found_again() -> None:
    """It is told as it stands now."""
    call = call_in(ONE, ("src/a.py",))
    assert call is not None
    assert (written_in([call], "src/a.py"), written_in([call], "src/b.py")) == ("x = 1", "")


async def test_a_reply_without_a_file_is_malformed() -> None:
    """What it took is counted all the same."""
    request = ModelRequest(
        model="scripted:m", messages=(Message(speaker=Speaker.USER, text="x"),), whole_files=("src/a.py",)
    )
    bad, good = await scripted(lambda _: "x is 1").ask(request), await scripted(lambda _: ONE).ask(request)
    assert isinstance(bad, ModelFault)
    assert (bad.fault, (bad.usage or Usage()).requests) == (Fault.MALFORMED, 1)
    assert isinstance(good, ModelAnswer)
    assert [(call.name, call.arguments) for call in good.calls] == [
        ("edit", {"create": [{"path": "src/a.py", "content": "x = 1\n"}]})
    ]
