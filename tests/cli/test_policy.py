"""`policy test` and `policy show`, as they are typed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from surefoot.cli import main
from surefoot.settings import load_settings

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = (REFERENCE / "policy.md").read_text("utf-8")
SHOWN = re.findall(r"^```console\n\$ surefoot (policy test [^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RULES = """
[[policy.rules]]
name = "mine"
tier = "{tier}"
reason = "I say so."
commands = ["git push*"]
"""
PLAN = """
goal: g
policy: [{name: planned, tier: never, reason: The plan says so., hosts: ["*.example"]}]
steps:
  - {id: send, run: "curl https://a.example", effect: idempotent, network: true}
  - {id: look, run: "ls", effect: read, tier: never}
  - {id: asked, run: "ls", checks: [{run: "git push"}]}
  - {id: open, run: "frob x", effect: reversible, network: true}
  - id: probed
    run: ls
    effect: idempotent
    probe: {http: "https://a.example", applied: {status: 200}, not_applied: {status: 404}}
"""


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with settings of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUREFOOT_CONFIG", str(tmp_path / "own.toml"))
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    return tmp_path


def decided(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """Return the tier and the rule."""
    assert main(["policy", "test", *words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    return said["tier"], said["rule"]


@pytest.mark.parametrize(("typed", "printed"), SHOWN)
def test_the_page_shows_what_is_printed(typed: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word."""
    assert main(shlex.split(typed)) == 0
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(("page", "rules", "approvers"), [("policy.md", 2, 0), ("settings.md", 1, 1)])
def test_the_settings_of_a_page_can_be_read(page: str, rules: int, approvers: int, room: Path) -> None:
    """Every rule and approver that the page shows is found."""
    shown = re.search(r"^```toml\n(.*?)^```$", (REFERENCE / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (room / "own.toml").write_text(shown.group(1) if shown else "", "utf-8")
    found = load_settings(None)
    assert (len(found.policy.own), len(found.approvers)) == (rules, approvers)


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        (["git push"], ("confirm", "git-push")),
        (["ls && git status"], ("auto", "harmless")),
        (["pytest"], ("log", "effect-reversible")),
        (["pytest", "--effect", "irreversible"], ("confirm", "effect-irreversible")),
        (["ls", "--effect", "idempotent"], ("confirm", "effect-idempotent")),
        (["pytest", "--path", "tests/test_a.py"], ("confirm", "protected-files")),
        (["pytest", "--path", "src/a.py"], ("log", "effect-reversible")),
        (["--plan", "plan.yaml", "--step", "send"], ("never", "planned")),
        (["--plan", "plan.yaml", "--step", "look"], ("never", "step-tier")),
        (["make", "--plan", "plan.yaml", "--step", "send"], ("confirm", "effect-idempotent")),
        (["--plan", "plan.yaml", "--step", "asked"], ("confirm", "git-push")),
        (["--plan", "plan.yaml", "--step", "open"], ("confirm", "unknown-command")),
        (["--plan", "plan.yaml", "--step", "probed"], ("never", "planned")),
        (["pytest", "--plan", "plan.yaml", "--step", "open"], ("log", "effect-reversible")),
        (["frob x"], ("confirm", "unknown-command")),
        (["echo x > out/report.txt"], ("log", "effect-reversible")),
        (["git log > log.txt && ls"], ("log", "effect-reversible")),
    ],
)
def test_what_decides_is_named(words: list[str], decision: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """With and without a plan."""
    assert decided(capsys, *words) == decision


def test_a_command_by_itself_is_judged_with_the_network_and_in_a_sealed_lane(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both answers are given where they differ."""
    assert main(["policy", "test", "frob x", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rule"], said["sealed"]["tier"], said["sealed"]["rule"]) == (
        "unknown-command",
        "log",
        "effect-reversible",
    )


def test_a_step_of_a_plan_has_one_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Its network is known."""
    assert main(["policy", "test", "--plan", "plan.yaml", "--step", "open", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sealed"] is None


def test_the_probe_of_a_step_is_shown_with_what_decides_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the parts of its command."""
    assert main(["policy", "test", "--plan", "plan.yaml", "--step", "probed"]) == 0
    assert "probe    never (planned): GET https://a.example\n" in capsys.readouterr().out


def test_a_step_without_a_command_of_its_own_has_those_of_its_checks(
    room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run asks for them as it does for a body."""
    checks = 'checks: [{run: "git push", network: true}]'
    (room / "plan.yaml").write_text(f"goal: g\nsteps: [{{id: ported, agent: Port it., {checks}}}]\n", "utf-8")
    assert decided(capsys, "--plan", "plan.yaml", "--step", "ported") == ("confirm", "git-push")


def test_a_rule_of_ones_own_lowers(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is asked first."""
    (room / "own.toml").write_text(RULES.format(tier="auto"), "utf-8")
    assert decided(capsys, "cd x && git push") == ("auto", "mine")


def test_a_rule_of_the_project_does_not_lower(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only its user may."""
    (room / "surefoot.toml").write_text(RULES.format(tier="auto"), "utf-8")
    assert decided(capsys, "git push") == ("confirm", "git-push")


def test_a_rule_of_the_project_raises(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And is named."""
    (room / "surefoot.toml").write_text(RULES.format(tier="never"), "utf-8")
    assert decided(capsys, "git push") == ("never", "mine")


@pytest.mark.parametrize("words", [[], ["ls", "--effect", "none"], ["--plan", "plan.yaml", "--step", "nothing"]])
def test_wrong_use_is_told(words: list[str]) -> None:
    """With exit code 2."""
    assert main(["policy", "test", *words]) == 2


def test_settings_that_cannot_be_read_are_told(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the place, and exit code 2."""
    (room / "own.toml").write_text("[policy]\nx = 1\n", "utf-8")
    assert (main(["policy", "test", "ls"]), "own.toml:2:1: `x` is no key" in capsys.readouterr().err) == (2, True)


def test_show_lists_the_rules_in_order(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One's own, those that ship, the project's, the plan's."""
    (room / "own.toml").write_text(RULES.format(tier="auto"), "utf-8")
    (room / "surefoot.toml").write_text(RULES.format(tier="never"), "utf-8")
    assert main(["policy", "show", "--plan", "plan.yaml", "--json"]) == 0
    files = [source["file"].rpartition("/")[2] for source in json.loads(capsys.readouterr().out)["sources"]]
    assert files == ["own.toml", "ships with Surefoot", "surefoot.toml", "plan.yaml"]


def test_show_says_what_each_rule_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    """Tier, name, reason, and some of its conditions."""
    assert main(["policy", "show"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  confirm  git-push +It changes what others see of the repository\.$", out, re.MULTILINE)
    assert "commands: git {push,send-pack,p4} *, git svn dcommit *" in out
    assert re.search(r"^  confirm  unknown-command +It is not known to be harmless, ", out, re.MULTILINE)
