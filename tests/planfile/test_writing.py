"""Plan files that a program writes: whatever a document says is read back as just that.

Read `test_loading.py` for those.
"""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from surefoot.planfile import parse_plan
from surefoot.planfile.json_schema import EDITOR_LINE
from surefoot.planfile.plan_writer import plan_text

DOCUMENT = {
    "steps": [
        {"checks": [{"run": "true"}], "run": "set -e\nmake", "id": "a"},
        {"agent": {"do": "Do it."}, "unproved": True, "id": "b"},
    ],
    "goal": "Do it",
}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@given(TEXTS)
@example("yes")
@example("a\n  b\n")
@example(" a\nb")
@example("a\n\n")
@example("a \nb")
@example("a: b # c")
@example("*.py")
@example("0x12")
@example("12:30")
@example("\u2028a\nb")
@example("\ufeffa\nb")
@example("a\r\nb")
@example("\x85")
@example("a\xa0\nb")
@example("%a\n---\nb")
def test_every_text_is_read_back(text: str) -> None:
    """Whatever a model writes into its plan, the file says just that."""
    document = {"goal": text, "env": {"A": text}, "steps": [text]}
    assert YAML(typ="safe", pure=True).load(plan_text(document)) == document


def test_a_written_plan_is_a_plan() -> None:
    """What was written is read as the plan it says."""
    plan = parse_plan(plan_text(DOCUMENT), "F").plan
    assert (plan.goal, [step.id for step in plan.steps]) == ("Do it", ["a", "b"])


def test_keys_stand_in_the_order_of_the_reference() -> None:
    """People find them where they look; what editors need stands first."""
    words = [line.split(":")[0].strip(" -") for line in plan_text(DOCUMENT).splitlines()]
    assert words[:4] == [EDITOR_LINE.split(":")[0], "goal", "steps", "id"]


def test_a_text_of_several_lines_is_a_block() -> None:
    """A script stands as a script, so that it can be read and changed."""
    assert "    run: |-\n      set -e\n      make\n" in plan_text(DOCUMENT)


def test_words_that_other_readers_take_for_flags_are_quoted() -> None:
    """An editor with an older YAML reads the same."""
    assert '\ngoal: "no"\n' in plan_text({**DOCUMENT, "goal": "no"})
