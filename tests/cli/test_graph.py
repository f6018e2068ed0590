"""The graph of a plan as it is drawn: boxes that fit, arrows that arrive, escapes that hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from surefoot.cli import main
from surefoot.cli.graph_boxes import graph_rows
from surefoot.core.graph import build_graph
from surefoot.core.ids import StepId
from surefoot.core.plan import AskBody, Effect, ForEach, Plan, RunBody, Step
from surefoot.core.review import review
from surefoot.views.graph.mermaid import mermaid
from surefoot.views.graph.picture import Picture, picture_of
from surefoot.views.graph.svg import svg

DIAMOND = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
PLAN = """\
goal: Try <all> & more
steps:
  - {id: a, run: "echo a > a.txt", writes: [a.txt], estimate: 1m}
  - {id: b, needs: [a], run: "echo b > b.txt", writes: [b.txt]}
  - {id: c, run: "echo c > c.txt", writes: ["*.txt"]}
"""


def step(name: str, needs: list[str]) -> Step:
    """Return a step."""
    return Step(id=StepId(name), body=RunBody(command="true"), needs=tuple(needs))


def pictured(*steps: Step) -> Picture:
    """Return the picture of a plan of these steps."""
    plan, (graph, _) = Plan(goal="g", steps=steps), build_graph(steps)
    assert graph is not None
    return picture_of(plan, graph, review(plan))


def of(needs: dict[str, list[str]]) -> Picture:
    """Return the picture of a plan with these needs."""
    return pictured(*(step(name, wanted) for name, wanted in needs.items()))


@pytest.fixture
def plan_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a plan with an order nobody needs and a file that two steps write; go there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    return tmp_path / "plan.yaml"


# --- in the terminal


def test_a_box_stands_below_all_it_needs() -> None:
    """A line leads from each need to it."""
    rows = graph_rows(of(DIAMOND), 80)
    places = {name: at for at, row in enumerate(rows) for name in DIAMOND if f"│ {name} " in row}
    assert all(places[name] > places[need] for name, needs in DIAMOND.items() for need in needs)
    assert sum(row.count("▼") for row in rows) == 3


def test_a_terminal_without_lines_gets_ascii() -> None:
    """Row for row the same drawing."""
    plain, drawn = graph_rows(of(DIAMOND), 80, is_ascii=True), graph_rows(of(DIAMOND), 80)
    assert "\n".join(plain).isascii()
    assert [len(row) for row in plain] == [len(row) for row in drawn]


@given(
    chosen=st.lists(st.lists(st.integers(0, 30), max_size=4), min_size=1, max_size=30),
    size=st.integers(1, 40),
    width=st.sampled_from([30, 80, 120]),
)
def test_every_graph_fits_the_width(chosen: list[list[int]], size: int, width: int) -> None:
    """However many steps there are, how they hang together, and how long their names are."""
    names = [f"{at:x}".ljust(size, "n") for at in range(len(chosen))]
    needs = {names[at]: sorted({names[one % at] for one in some}) if at else [] for at, some in enumerate(chosen)}
    assert max(map(cell_len, graph_rows(of(needs), width))) <= width


def test_many_alike_are_one_box_with_their_number() -> None:
    """What has the same needs and dependants is told by its first and last."""
    needs = {"a": [], **{f"s{at:03}": ["a"] for at in range(200)}, "z": ["s*"]}
    rows = graph_rows(of(needs), 80)
    assert len(rows) == 13
    assert any("200 steps: s000 … s199" in row for row in rows)


def test_a_long_chain_is_one_box_with_its_ends() -> None:
    """A thousand rows would show nothing."""
    needs = {f"s{at}": [f"s{at - 1}"] if at else [] for at in range(1000)}
    assert any("1000 steps: s0 → s999" in row for row in graph_rows(of(needs), 80))


def test_a_graph_without_any_likeness_is_told_by_layers() -> None:
    """The last resort still counts every step."""
    needs = {f"s{at}": [f"s{other}" for other in {at - 7, at - 11} if other >= 0] for at in range(400)}
    rows = "\n".join(graph_rows(of(needs), 80))
    assert sum(int(number) for number in re.findall(r"(\d+) steps", rows)) == 400


def test_names_of_wide_letters_keep_the_boxes_straight() -> None:
    """Each row of a box is equally wide."""
    wide = Step(id=StepId("日本-{f}"), body=RunBody(command="true"), for_each=ForEach(name="f", glob="*"))
    rows = graph_rows(pictured(wide), 80)
    assert len({cell_len(row) for row in rows}) == 1


# --- as Mermaid


def test_mermaid_names_each_step_and_each_arrow() -> None:
    """An order that others bring along is left out."""
    text = mermaid(of({**DIAMOND, "e": ["a", "d"]}))
    assert text.startswith("flowchart TD\n")
    assert re.findall(r"(b\d) --> (b\d)", text) == [
        ("b0", "b1"),
        ("b0", "b2"),
        ("b1", "b3"),
        ("b2", "b3"),
        ("b3", "b4"),
    ]


def test_mermaid_gets_no_letter_it_could_take_as_its_own() -> None:
    """Quotes and brackets are written as numbers."""
    group = Step(id=StepId('a"]-{f}'), body=RunBody(command="true"), for_each=ForEach(name="f", items=("x", "y")))
    assert '    b0[["a#34;#93;-#123;f#125; ×2"]]\n' in mermaid(pictured(group))  # noqa: RUF001


def test_mermaid_is_never_given_more_arrows_than_it_draws() -> None:
    """Its limit is 500."""
    needs = {f"s{at}": [f"s{other}" for other in range(max(0, at - 60), at - 30)] for at in range(300)}
    assert mermaid(of(needs)).count("-->") <= 500


# --- as SVG


def test_the_image_holds_each_step_with_a_tip() -> None:
    """What a pointer brings up says more than the box."""
    ask = Step(id=StepId("q"), body=AskBody(question="Go <on>?"), needs=("d",))
    out = Step(id=StepId("out"), body=RunBody(command="x"), effect=Effect.IRREVERSIBLE)
    root = ET.fromstring(svg(pictured(*(step(*one) for one in DIAMOND.items()), ask, out), "Goal & more", "c"))  # noqa: S314
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    tips = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert {*DIAMOND, "q", "out", "Goal & more"} <= set(texts)
    assert any("ask: Go <on>?" in tip for tip in tips)


def test_the_image_needs_nothing_else_and_has_colours_for_the_dark() -> None:
    """No address in it but that of its own format."""
    text = svg(of(DIAMOND), "g", "c")
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: dark" in text


# --- what `check` does with it


def test_check_says_what_runs_at_once_and_what_does_not(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The widest set, the order nobody needs, the file that two write."""
    main(["check", str(plan_file)])
    said = capsys.readouterr().out
    assert "At once: 2 steps: b, c" in said
    assert "step b: It waits for a, but nothing it declares or names can be what is written there" in said
    assert "step a: Nothing orders it and c. They declare to write the same files: a.txt and *.txt." in said


READER = """goal: g
steps:
  - {id: a, run: echo x > new.txt, writes: [new.txt]}
  - {id: b, run: cat new.txt > both.txt, reads: [new.txt], writes: [both.txt]}
"""


def test_check_says_once_which_steps_are_taken_one_after_the_other(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Below what runs at once, for the needs of the plan do not say it (M27)."""
    plan_file.write_text(READER)
    main(["check", str(plan_file)])
    said = capsys.readouterr().out
    assert "one after the other, for what they share: a, b" in said
    assert said.count("Nothing orders it and b") == 1


def test_what_is_the_same_of_many_steps_is_said_once(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the names of the steps, and without a place."""
    plan_file.write_text("goal: g\nsteps:\n" + "".join(f"  - {{id: s{n}, run: make {n}}}\n" for n in range(3)))
    main(["check", str(plan_file)])
    said = capsys.readouterr().out
    assert said.count("proved by its exit status only") == 1
    assert "warning: 3 steps (s0, s1, s2): It is proved by its exit status only." in said


MAKERS = """goal: g
steps:
  - {id: a, run: make, writes: [], artifacts: ["dist/*"]}
  - {id: "g-{n}", for_each: {n: [x, y]}, run: make, writes: [], artifacts: ["dist/{n}"]}
  - {id: c, run: make, needs: [a, "g-*"]}
"""


def test_check_says_where_two_steps_make_the_same_artifact(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the place of the first and the name of the other."""
    plan_file.write_text(MAKERS)
    main(["check", str(plan_file)])
    said = capsys.readouterr().out
    assert f"note: {plan_file}:3:10: step a: Nothing orders it and g-{{n}}. They make the same artifact" in said


def test_check_counts_the_members_that_a_plan_lists(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many members run at once is more than the group's one box in the graph."""
    plan_file.write_text(MAKERS)
    main(["check", str(plan_file)])
    assert "At once: at least 3 steps: a, g-{n} (2 members)\n" in capsys.readouterr().out


def test_check_finds_a_group_within_a_chain(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its members run at once, though no other step does."""
    steps = "[{id: 'g-{n}', for_each: {n: [x, y]}, run: make}, {id: b, run: make, needs: ['g-*']}]"
    plan_file.write_text(f"goal: g\nsteps: {steps}\n")
    main(["check", str(plan_file)])
    assert "At once: at least 2 steps: g-{n} (2 members)\n" in capsys.readouterr().out


def test_check_does_not_say_that_a_group_is_one_step(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows yet how many members it will have."""
    plan_file.write_text(MAKERS.replace("{n: [x, y]}", '{n: {glob: "*.py"}}, estimate: 7s'))
    main(["check", str(plan_file)])
    said = capsys.readouterr().out
    assert "At once: at least 2 steps: a, g-{n}\n  (g-{n} counts as one step; members" in said
    assert "  g-{n} is counted with one member: the run finds out how many there are" in said


def test_check_does_not_name_a_step_of_a_chain_as_what_runs_at_once(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No step of it is more at once than another."""
    plan_file.write_text("goal: g\nsteps: [{id: a, run: make}, {id: b, run: make, needs: [a]}]\n")
    main(["check", str(plan_file)])
    assert "At once: 1 step: each follows another\n" in capsys.readouterr().out


def test_a_blank_line_parts_the_graph_from_what_follows(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The order of the steps does not hang below the boxes."""
    main(["check", str(plan_file)])
    graph, _, _ = capsys.readouterr().out.partition("3 steps, in this order")
    assert graph.endswith("\n\n")
    assert not graph.endswith("\n\n\n")


def test_check_answers_with_all_of_it_as_json(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Needs, layers, widest set, needless and shared."""
    main(["check", str(plan_file), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["needs"] == {"a": [], "b": ["a"], "c": []}
    assert told["sequencing"]["layers"] == [["a", "c"], ["b"]]
    assert [one["kind"] for one in told["sequencing"]["needless"]] == ["unfounded"]
    assert [one["is_serialised"] for one in told["sequencing"]["shared"]] == [True, True]


def test_svg_alone_means_standard_output_even_before_the_plan(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the image is there, and the plan is never taken for the image's file."""
    main(["check", "--svg", str(plan_file)])
    ET.fromstring(capsys.readouterr().out)  # noqa: S314
    assert plan_file.read_text("utf-8") == PLAN


def test_svg_with_a_file_writes_it(plan_file: Path) -> None:
    """Beside what else is told."""
    main(["check", str(plan_file), "--svg", "graph.svg"])
    ET.parse(plan_file.with_name("graph.svg"))  # noqa: S314


def test_mermaid_is_all_that_is_printed(plan_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that it can be put into a page."""
    main(["check", str(plan_file), "--mermaid"])
    assert capsys.readouterr().out.startswith("flowchart TD\n")


# --- the schema beside a plan


def test_init_writes_the_schema_its_editor_line_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies beside the plan, so that an editor finds it without a network."""
    monkeypatch.chdir(tmp_path)
    main(["init", "plan.yaml"])
    first = (tmp_path / "plan.yaml").read_text("utf-8").splitlines()[0]
    named = tmp_path / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(named.read_text("utf-8"))["title"] == "A plan of Surefoot"


def test_schema_prints_what_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into a file, or on standard output."""
    main(["schema", str(tmp_path / "s.json")])
    capsys.readouterr()
    main(["schema"])
    assert capsys.readouterr().out == (tmp_path / "s.json").read_text("utf-8")
