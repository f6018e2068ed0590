"""The two readers of YAML: what the quick one reads, the careful one reads alike, to the column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.planfile.careful_yaml import careful_tree
from surefoot.planfile.quick_yaml import quick_tree
from surefoot.planfile.tree import Flaw, Items, Kind, Scalar, Table, Tree
from surefoot.planfile.yaml_reader import read_tree

ROOT = Path(__file__).resolve().parents[2]
PLANS = sorted([*ROOT.glob("examples/**/*.yaml"), *ROOT.glob("tests/**/*.yaml")])
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/reference/plan-file.md").read_text("utf-8"), re.DOTALL)
PIECES = (
    *("a", "b: ", "é", "- ", "-", "? ", "?", ": ", ":", "{", "}", "[", "]", ", ", ",", " #", "#", "'", '"', "|", "|-"),
    *(">", "2", "&a ", "*a", "!t ", "%", "---", "...", "\n---\n", "\n...\n", "true", "yes", "on", "~", "null", "1.5"),
    *(
        "0x1",
        "0o7",
        "1_0",
        "-.inf",
        "=",
        "<<",
        "\\n",
        "\\",
        "@",
        "`",
        "\t",
        "\r\n",
        "\x85",
        "\ufeff",
        " ",
        "\n",
        "\n  ",
    ),
    *("k: v\n", "- x\n", "\n\n", "\n    ", "goal: g\nsteps:\n  - id: a\n    run: |\n      b"),
)
ANCHORED = "goal: &g text\nsteps:\n  - &s {id: a, run: *g}\n  - *s\n"


def shape(tree: Tree | Flaw | None) -> object:
    """Return a tree as values that can be compared."""
    match tree:
        case Items():
            return tree.place, [shape(item) for item in tree.items]
        case Table():
            return tree.place, [(shape(key), shape(value)) for key, value in tree.entries]
        case Scalar():
            return tree.place, tree.kind, tree.text
        case _:
            return tree


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_the_quick_reader_reads_the_careful_one_reads_alike(text: str) -> None:
    """It may leave any text to the other one, but for those below."""
    quick = quick_tree(text)
    assert quick is None or shape(quick) == shape(careful_tree(text))


@pytest.mark.parametrize("text", [*(path.read_text("utf-8") for path in PLANS), *EXAMPLES, ANCHORED])
def test_plans_as_people_write_them_are_read_quickly(text: str) -> None:
    """Comments, blocks, anchors and flow mappings included."""
    quick = quick_tree(text)
    assert quick is not None
    assert shape(quick) == shape(careful_tree(text))


@given(st.text("-+.0123456789_xobeEinfINFaA", min_size=1, max_size=8))
def test_both_know_the_same_numbers(text: str) -> None:
    """Those of YAML 1.2."""
    assert shape(quick_tree(f"a: {text}")) in (None, shape(careful_tree(f"a: {text}")))


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "2020-01-01", "1:30"])
def test_words_that_only_yaml_11_knows_are_texts(word: str) -> None:
    """As the careful reader has it."""
    tree = quick_tree(f"a: {word}")
    assert isinstance(tree, Table)
    assert isinstance(value := tree.entries[0][1], Scalar)
    assert (value.kind, value.text) == (Kind.TEXT, word)


@pytest.mark.parametrize("text", ["a: *b", "a: !t b", "a: b: c", "a:\tb", "a: [", "- " * 60 + "a", "a", "", "a: \x00"])
def test_what_is_rare_or_wrong_is_left_to_the_careful_reader(text: str) -> None:
    """So that each error is said in the same words."""
    assert quick_tree(text) is None
    assert shape(read_tree(text)) == shape(careful_tree(text))
