"""Settings files: where they are, what they may say, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.core.policy_types import Demand, Effect, Overdue, Rule, Tier
from surefoot.errors import ConfigInvalid
from surefoot.settings import Approver, LaneLimits, Places, Settings, load_settings, user_file

WHOLE = """\
# what this user lets steps do
[policy]
trust = ["{project}"]

[[policy.rules]]
name = "docs-may-go"
tier = "log"
reason = "The documentation is ours alone."
commands = ["git push origin docs*"]
effects = "idempotent"

[[policy.rules]]
name = "releases"
tier = "confirm"
reason = "Two of us release."
commands = ["twine upload*", "npm publish*"]
people = 2
role = "release"
expires = "4h"
overdue = "hand_on"
next_role = "lead"

[[approvers]]
name = "Ada"
user = "ada"
roles = ["release", "lead"]
"""
RULE = '[[policy.rules]]\nname = "r"\ntier = "confirm"\nreason = "Because."\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of a project, and one for the user's settings."""
    (tmp_path / "project").mkdir()
    return tmp_path


def load(folder: Path, user: str = "", project: str = "") -> Settings:
    """Write both files and read them."""
    (folder / "user.toml").write_text(user.replace("{project}", str(folder / "project")), "utf-8")
    (folder / "project" / "surefoot.toml").write_text(project, "utf-8")
    return load_settings(folder / "project", {"SUREFOOT_CONFIG": str(folder / "user.toml")})


def problems(folder: Path, user: str = "", project: str = "") -> list[str]:
    """Return what is wrong, without the folders."""
    with pytest.raises(ConfigInvalid) as caught:
        load(folder, user, project)
    return [problem.rpartition(f"{folder}/")[2] for problem in caught.value.facts["problems"]]


def test_no_file_says_nothing(tmp_path: Path) -> None:
    """Nobody has to write settings."""
    assert load_settings(tmp_path, {"HOME": str(tmp_path)}) == Settings()


@pytest.mark.parametrize(
    ("variables", "file"),
    [
        ({"HOME": "/h"}, "/h/.config/surefoot/surefoot.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/surefoot/surefoot.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x", "SUREFOOT_CONFIG": "/c.toml"}, "/c.toml"),
    ],
)
def test_the_users_file_is_where_the_environment_says(variables: dict[str, str], file: str) -> None:
    """The most particular variable wins."""
    assert str(user_file(variables)) == file


def test_all_that_can_be_said_is_read(folder: Path) -> None:
    """Rules in order, with their conditions and demands, and approvers."""
    found = load(folder, WHOLE)
    docs, releases = found.policy.own
    assert (docs.name, docs.tier, docs.effects) == ("docs-may-go", Tier.LOG, (Effect.IDEMPOTENT,))
    assert releases.demand == Demand(
        role="release", people=2, expires_s=14400.0, overdue=Overdue.HAND_ON, next_role="lead"
    )
    assert found.approvers == (Approver(name="Ada", user="ada", roles=("release", "lead")),)


def test_a_project_can_only_raise(folder: Path) -> None:
    """Its file comes with the repository, whoever wrote it."""
    rule = Rule(name="r", tier=Tier.CONFIRM, reason="Because.")
    assert load(folder, project=RULE).policy.raising == ((rule,),)


def test_a_project_can_only_lower_how_much_a_step_may_write(folder: Path) -> None:
    """The smaller number counts; what nobody says is the default."""
    found = load(folder, "[lanes]\nfile_bytes_max = 10\n", "[lanes]\nfile_bytes_max = 99\nstep_files_max = 5\n")
    assert found.lanes == LaneLimits(file_bytes_max=10, step_files_max=5)


def test_a_project_that_is_trusted_may_lower(folder: Path) -> None:
    """Its rules come after the user's own."""
    names = [rule.name for rule in load(folder, WHOLE, RULE).policy.own]
    assert names == ["docs-may-go", "releases", "r"]


FLAWS = [
    (
        "[policy]\nrule = []\n",
        "user.toml:2:1: `rule` is no key of `[policy]`; one of its keys was expected; did you mean `rules`?",
    ),
    (
        RULE + 'command = "x"\n',
        "user.toml:5:1: `command` is no key of a rule; one of its keys was expected; did you mean `commands`?",
    ),
    (
        RULE.replace("confirm", "ask"),
        "user.toml:3:8: found the text 'ask'; one of auto, log, confirm, never was expected; choose one",
    ),
    (RULE + RULE, "user.toml:6:8: a rule before is named 'r', too; names of their own were expected; rename one"),
    (
        RULE + "expires = 3\n",
        "user.toml:5:11: 3 has no unit; a duration such as 90s, 30m or 2h was expected; write 3s if seconds are meant",
    ),
    ("[policy\n", "user.toml:1:8: it is no valid TOML"),
    (
        '[[approvers]]\nname = "a"\n',
        "user.toml:1:1: nothing says how 'a' is known; `user` or `token_sha256` was expected; add one of them",
    ),
    (
        '[policy]\ntrust = ["here"]\n',
        "user.toml:2:9: 'here' is no absolute path; the root of a repository was expected; write the whole path",
    ),
    (
        "[approvals]\nconfidence = 90\n",
        "user.toml:2:14: 90 is no share; a number from 0 to 1, or false, was expected; write 0.9 for 90 %",
    ),
    (
        "[monitors]\ncycle = {rounds = 1}\n",
        "user.toml:2:9: `rounds` is 1; a whole number of 2 or more was expected; write one",
    ),
    (
        "[monitors]\nmisuse_share = {share = 60}\n",
        "user.toml:2:16: `share` is 60; a number from 0.01 to 1 was expected; write one",
    ),
    *(
        (f"[secrets]\nhide = [{one!r}]\n", f"user.toml:2:8: {one!r} names no place in which secrets lie")
        for one in ("~", "/", ".ssh", "~una/x", "~/../x")
    ),
    (
        'x = """\n[a]\n"""\n[b]\n',
        "user.toml:1:1: `x` is no key of the settings; its keys are policy, approvals, samples, monitors, recovery, ",
    ),
]


@pytest.mark.parametrize(
    ("user", "project", "confidence"),
    [
        ("", "", 0.9),
        ("0.5", "", 0.5),
        ("false", "", 0.0),
        ("0", "0.7", 0.7),
        ("", "0.95", 0.95),
        ("0.8", "0.1", 0.8),
        ("", "false", 0.9),
    ],
)
def test_a_project_can_only_raise_how_sure_an_agent_has_to_be(
    folder: Path, user: str, project: str, confidence: float
) -> None:
    """The user sets it, and switches it off with `false` (M55)."""
    texts = [f"[approvals]\nconfidence = {one}\n" if one else "" for one in (user, project)]
    assert load(folder, *texts).policy.confidence == confidence


@pytest.mark.parametrize(("text", "problem"), FLAWS)
def test_a_mistake_is_told_with_its_place(folder: Path, text: str, problem: str) -> None:
    """What is wrong, what was expected, what to do."""
    assert problems(folder, text)[0].startswith(problem)


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    """In the order of the file."""
    found = problems(folder, RULE.replace("confirm", "ask") + 'command = "x"\n[x]\n')
    assert [problem.split(": ")[0] for problem in found] == ["user.toml:3:8", "user.toml:5:1", "user.toml:6:1"]


def test_a_project_hides_places_and_the_user_shows_some(folder: Path) -> None:
    """More can be hidden by either; what is shown is for the user to say."""
    found = load(folder, '[secrets]\nhide = "~/.a"\nshow = ["~/.claude"]\n', '[secrets]\nhide = ["/b"]\n').places
    assert found == Places(hide=("~/.a", "/b"), show=("~/.claude",))


OF_THE_USER = [
    '[policy]\ntrust = ["/x"]\n',
    '[[approvers]]\nname = "a"\nuser = "a"\n',
    '[secrets]\nshow = ["~/.ssh"]\n',
]


@pytest.mark.parametrize("text", OF_THE_USER)
def test_a_project_names_neither_approvers_nor_whom_to_trust_and_shows_no_secret_place(folder: Path, text: str) -> None:
    """Or a pull request would approve itself."""
    assert "stands in a project's settings; it comes with the repository" in problems(folder, project=text)[0]


def test_a_byte_that_is_no_text_is_told_with_its_place(folder: Path) -> None:
    """As in a plan file."""
    (folder / "user.toml").write_bytes(b"[policy]\n# f\xfcr\n")
    with pytest.raises(ConfigInvalid, match=r"user\.toml:2:4: the byte 0xfc is no UTF-8"):
        load_settings(None, {"SUREFOOT_CONFIG": str(folder / "user.toml")})


def test_an_agent_that_is_started_in_another_way_is_told_to_ask_all_the_same(tmp_path: Path) -> None:
    """The settings name its program; by which variables it asks before it acts is known."""
    place = tmp_path / "settings.toml"
    place.write_text("[workers.codex]\ncommand = ['/opt/codex-acp']\n", "utf-8")
    program = load_settings(None, {"SUREFOOT_CONFIG": str(place)}).workers.known["codex"]
    assert program.command == ("/opt/codex-acp",)
    assert program.env["INITIAL_AGENT_MODE"] == "read-only"


def test_an_agent_that_is_started_in_another_way_reaches_its_provider_all_the_same(tmp_path: Path) -> None:
    """Hosts of the settings come to those that are known."""
    place = tmp_path / "settings.toml"
    place.write_text("[workers.codex]\ncommand = ['/opt/codex-acp']\nhosts = ['*.example.com']\n", "utf-8")
    program = load_settings(None, {"SUREFOOT_CONFIG": str(place)}).workers.known["codex"]
    assert {"api.openai.com", "*.example.com"} < {*program.hosts}


@pytest.mark.parametrize("host", ["https://example.com", "example.com/v1", "a b", "example.com:x", ""])
def test_an_address_is_no_host(folder: Path, host: str) -> None:
    """What would let nothing through is said to be a mistake."""
    text = f"[workers.mine]\ncommand = 'a'\nhosts = ['{host}']\n"
    assert problems(folder, user=text)
