"""How rules make a tier of facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.core import policy_defaults
from surefoot.core.ids import StepId
from surefoot.core.patterns import matches_command, matches_one
from surefoot.core.plan import Plan, RunBody, Step
from surefoot.core.policy import floor_of, matches_path, raised_by_step, undeclared_of, unnamed_of, weigh
from surefoot.core.policy_types import CommandFacts, Decision, Demand, Effect, Facts, Overdue, Policy, Rule, Tier

AUTO, LOG, CONFIRM, NEVER = Tier
FLOORS = {tier: Decision(tier=tier, rule="floor", reason="So it is.") for tier in Tier}


def rule(name: str, tier: Tier, **conditions: object) -> Rule:
    """Make a rule."""
    return Rule(name=name, tier=tier, reason="Because.", **conditions)  # type: ignore[arg-type]


def facts(*commands: str, unclear: str | None = None, **known: object) -> Facts:
    """Make the facts of a step that runs commands."""
    words = tuple(tuple(command.split()) for command in commands)
    command = CommandFacts(commands=words, unclear=unclear) if words or unclear else None
    usual: dict[str, object] = {
        "step": StepId("a"),
        "effect": Effect.REVERSIBLE,
        "phase": "execute",
        "command": command,
    }
    return Facts(**{**usual, **known})  # type: ignore[arg-type]


def decided(
    known: Facts, own: tuple[Rule, ...] = (), raising: tuple[Rule, ...] = (), floor: Tier = LOG
) -> tuple[Tier, str]:
    """Return the tier and the rule."""
    said = weigh(Policy(own=own, raising=(raising,)), known, FLOORS[floor])
    return said.tier, said.rule


def test_without_a_rule_the_floor_holds() -> None:
    """What effect class and scope give."""
    assert decided(facts("pytest -q")) == (LOG, "floor")


def test_a_rule_that_ships_raises() -> None:
    """And is named."""
    assert decided(facts("git push")) == (CONFIRM, "git-push")


def test_a_rule_that_ships_does_not_lower() -> None:
    """The floor holds where nobody has said otherwise."""
    assert decided(facts("ls -l"), floor=CONFIRM) == (CONFIRM, "floor")


def test_a_rule_is_named_before_the_floor() -> None:
    """It says more."""
    assert decided(facts("twine upload x"), floor=CONFIRM) == (CONFIRM, "publishes")


@pytest.mark.parametrize("tier", list(Tier))
def test_ones_own_rule_says_what_holds(tier: Tier) -> None:
    """Up or down, whatever ships."""
    assert decided(facts("git push"), (rule("own", tier, commands=("git push*",)),), floor=CONFIRM) == (tier, "own")


def test_the_first_rule_of_ones_own_decides() -> None:
    """An exception stands before what it is an exception of."""
    rules = (rule("docs", LOG, commands=("git push origin docs*",)), rule("rest", NEVER, commands=("git push*",)))
    assert [decided(facts(f"git push origin {name}"), rules)[1] for name in ("docs", "main")] == ["docs", "rest"]


def test_the_strictest_part_decides() -> None:
    """Wherever it stands."""
    assert decided(facts("ls", "rm -rf /", "git push")) == (NEVER, "destroys-the-machine")


def test_what_is_harmless_does_not_hold_up_what_ones_own_rule_lowers() -> None:
    """`cd docs && git push` is a push."""
    own = (rule("own", LOG, commands=("git push*",)),)
    assert decided(facts("cd docs", "git push"), own, floor=CONFIRM) == (LOG, "own")


def test_another_part_does_hold_up_what_ones_own_rule_lowers() -> None:
    """The rule says nothing about it."""
    own = (rule("own", LOG, commands=("git push*",)),)
    assert decided(facts("make docs", "git push"), own, floor=CONFIRM) == (CONFIRM, "floor")


def test_a_raising_rule_raises() -> None:
    """What one's own rule has lowered, too."""
    own, raising = (rule("own", AUTO, commands=("*",)),), (rule("theirs", NEVER, commands=("git push*",)),)
    assert decided(facts("git push"), own, raising) == (NEVER, "theirs")


def test_a_raising_rule_does_not_lower() -> None:
    """It came with the repository."""
    assert decided(facts("git push"), (), (rule("theirs", AUTO, commands=("git push*",)),)) == (CONFIRM, "git-push")


def test_the_first_raising_rule_decides() -> None:
    """A list may have exceptions of its own."""
    raising = (rule("tests", AUTO, commands=("make test",)), rule("make", CONFIRM, commands=("make*",)))
    assert [decided(facts(f"make {name}"), (), raising)[1] for name in ("test", "all")] == ["floor", "make"]


def test_what_is_unclear_asks() -> None:
    """With the reason."""
    said = weigh(Policy(), facts("ls", unclear="what $x is"), FLOORS[LOG])
    assert (said.tier, said.rule, "what $x is" in said.reason) == (CONFIRM, "unclear-command", True)


@pytest.mark.parametrize(
    ("conditions", "tier"),
    [
        ({"steps": ("a",)}, LOG),
        ({"steps": ("b",)}, CONFIRM),
        ({}, CONFIRM),
        ({"steps": ("a",), "commands": ("x",)}, CONFIRM),
    ],
)
def test_what_is_unclear_is_lowered_by_naming_the_step(conditions: dict[str, tuple[str, ...]], tier: Tier) -> None:
    """Alone: a rule about commands, or about everything, is no word about this one."""
    assert decided(facts("x", unclear="u"), (rule("own", LOG, **conditions),))[0] is tier


def test_files_that_judge_the_work_ask() -> None:
    """Whatever the command is."""
    assert decided(facts("ls", paths=("src/a.py", "tests/test_a.py"))) == (CONFIRM, "protected-files")


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "web/package.json",
        "pyproject.toml",
        "setup.cfg",
        "Makefile",
        "build/rules.mk",
        ".githooks/post-merge",
        ".coveragerc",
        "conftest.py",
        "src/sitecustomize.py",
    ],
)
def test_files_that_set_up_builds_tests_and_hooks_ask(path: str) -> None:
    """In whatever folder they lie."""
    assert decided(facts("ls", paths=("src/a.py", path))) == (CONFIRM, "protected-files")


def test_what_a_check_runs_asks_and_is_named() -> None:
    """Nothing but the plan's own checks tells that the file judges the work."""
    said = weigh(Policy(), facts("ls", paths=("a.py", "look.sh"), check_files=("look.sh",)), FLOORS[LOG])
    assert (said.tier, said.rule, "look.sh" in said.reason) == (CONFIRM, "files-of-checks", True)


def test_a_rule_of_ones_own_lowers_what_a_check_runs() -> None:
    """As it does with every file that it names."""
    own = (rule("own", AUTO, paths=("look.sh",)),)
    assert decided(facts("ls", paths=("look.sh",), check_files=("look.sh",)), own)[0] is not CONFIRM


def test_a_rule_about_commands_says_nothing_about_files() -> None:
    """Who lowers a push has not allowed new tests."""
    own = (rule("own", AUTO, commands=("git push*",)),)
    assert decided(facts("git push", paths=("tests/test_a.py",)), own) == (CONFIRM, "protected-files")


def test_other_files_have_no_say() -> None:
    """They do not hold up what one's own rule lowers."""
    own = (rule("own", AUTO, commands=("git push*",)),)
    assert decided(facts("git push", paths=("src/a.py",)), own, floor=CONFIRM) == (AUTO, "own")


CONDITIONS = [
    ({"paths": ("*.md",)}, {"paths": ("a.md",)}, {"paths": ("a.py",)}),
    ({"resources": ("gpu*",)}, {"resources": ("gpu0",)}, {"resources": ("db",)}),
    ({"variables": ("*_TOKEN",)}, {"variables": ("A_TOKEN",)}, {"variables": ("TOKENS",)}),
    ({"steps": ("a*",)}, {"step": StepId("ab")}, {"step": StepId("b")}),
    ({"effects": (Effect.READ,)}, {"effect": Effect.READ}, {"effect": Effect.REVERSIBLE}),
    ({"phases": ("validate",)}, {"phase": "validate"}, {"phase": "execute"}),
    ({"cost_usd_above": 2.0}, {"cost_usd": 2.5}, {"cost_usd": 2.0}),
    ({"lines_above": 10}, {"lines": 11}, {"lines": None}),
    ({"confidence_below": 0.5}, {"confidence": 0.4}, {"confidence": None}),
]


@pytest.mark.parametrize(("conditions", "met", "unmet"), CONDITIONS)
def test_a_condition_is_held_against_its_fact(
    conditions: dict[str, object], met: dict[str, object], unmet: dict[str, object]
) -> None:
    """And nothing else."""
    raising = (rule("r", NEVER, **conditions),)
    assert [decided(facts(**known), (), raising)[0] for known in (met, unmet)] == [NEVER, LOG]


def test_all_conditions_have_to_hold() -> None:
    """One alone says nothing."""
    raising = (rule("r", NEVER, commands=("make*",), steps=("b",)),)
    assert decided(facts("make"), (), raising) == (LOG, "floor")


@pytest.mark.parametrize(("tier", "result"), [(AUTO, CONFIRM), (LOG, CONFIRM), (NEVER, NEVER)])
def test_a_rule_that_lets_pass_wants_all_hosts(tier: Tier, result: Tier) -> None:
    """One that asks is content with one of them."""
    command = CommandFacts(commands=(("curl", "x"),), hosts=("good", "evil"))
    assert decided(facts(command=command), (rule("own", tier, hosts=("good",)),), floor=CONFIRM)[0] is result


def test_demands_of_one_tier_come_together() -> None:
    """Each rule gets what it wants."""
    one = Demand(role="lead", expires_s=60.0, overdue=Overdue.STOP)
    raising = (
        rule("one", CONFIRM, commands=("a",), demand=one),
        rule("two", CONFIRM, commands=("b",), demand=Demand(people=2)),
    )
    said = weigh(Policy(raising=(raising,)), facts("a", "b"), FLOORS[LOG])
    assert (said.rule, said.demand) == ("two", replace(one, people=2))


def test_demands_of_a_milder_tier_do_not_count() -> None:
    """Nobody is asked what never happens."""
    raising = (rule("one", CONFIRM, commands=("a",), demand=Demand(people=2)), rule("two", NEVER, commands=("b",)))
    assert weigh(Policy(raising=(raising,)), facts("a", "b"), FLOORS[LOG]).demand == Demand()


@pytest.mark.parametrize("effect", list(Effect))
def test_the_floor_says_why(effect: Effect) -> None:
    """By the effect class."""
    said = floor_of(Step(id=StepId("a"), body=RunBody(command=""), effect=effect), Plan(goal="g", steps=()))
    assert (said.rule, said.reason.endswith(".")) == (f"effect-{effect}", True)


def test_the_floor_names_what_lies_outside_the_scope() -> None:
    """So that a person sees it."""
    step = Step(id=StepId("a"), body=RunBody(command=""), writes=("docs/x",))
    said = floor_of(step, Plan(goal="g", steps=(), scope_write=("src/**",)))
    assert (said.rule, "docs/x" in said.reason) == ("outside-scope", True)


@pytest.mark.parametrize(
    ("tier", "result"), [(None, "git-push"), (LOG, "git-push"), (CONFIRM, "git-push"), (NEVER, "step-tier")]
)
def test_a_steps_own_tier_only_raises(tier: Tier | None, result: str) -> None:
    """After all rules."""
    said = weigh(Policy(), facts("git push"), FLOORS[LOG])
    assert raised_by_step(said, Step(id=StepId("a"), body=RunBody(command=""), tier=tier)).rule == result


@pytest.mark.parametrize(
    ("writes", "scope", "undeclared"),
    [
        (None, ("**",), ("tests/a.py",)),
        (("tests/*.py",), ("**",), ()),
        (None, ("src/**", "tests/**"), ()),
        (("**/*",), ("**",), ("tests/a.py",)),
        (("**",), ("src/**",), ("tests/a.py",)),
    ],
)
def test_a_file_is_declared_by_a_glob_that_names_it(
    writes: tuple[str, ...] | None, scope: tuple[str, ...], undeclared: tuple[str, ...]
) -> None:
    """Stars alone name nothing."""
    step = Step(id=StepId("a"), body=RunBody(command=""), writes=writes)
    assert undeclared_of(("tests/a.py",), step, Plan(goal="g", steps=(), scope_write=scope)) == undeclared


PATTERNS = [
    ("git push*", "git push", True),
    ("git push*", "git push origin main", True),
    ("git push", "git push origin", False),
    ("git push *", "git push", True),
    ("git * push", "git -v push", True),
    ("git push*", "git pull", False),
    ("npm * {publish,unpublish} *", "npm -w x publish .", True),
    ("cp * /etc/* ;", "cp /etc/x y", False),
    ("cp * /etc/* ;", "cp x /etc/y", True),
    ("rm /[*]", "rm /*", True),
    ("rm /[*]", "rm /x", False),
    ("a [!-]*", "a -b", False),
    ("a ?", "a bc", False),
    ("* x *", "a b x c", True),
    ("*", "", True),
    ("a*b*c", "aXbXbc", True),
    ("a*b*c", "acb", False),
    ("", "a", False),
]


@pytest.mark.parametrize(("pattern", "command", "result"), PATTERNS)
def test_a_pattern_goes_word_by_word(pattern: str, command: str, *, result: bool) -> None:
    """Stars stand for characters in a word, and for words where they stand alone."""
    assert matches_command(command.split(), pattern) is result


def test_a_pattern_is_not_led_astray_by_blanks_in_a_word() -> None:
    """A commit message is one word."""
    assert not matches_command(("git", "commit", "-m", "git push"), "git push*")


@pytest.mark.parametrize("program", ["git", "mkfs.ext4", "test", "[", "python3.12", "curl", ":(){", "echo"])
@pytest.mark.parametrize("rest", ["", "push", "-m x", "* ~/.netrc", "/dev/sda", "setup.py upload"])
def test_one_of_many_patterns_matches_where_one_by_itself_does(program: str, rest: str) -> None:
    """That only those are tried which the first word leaves open changes nothing."""
    words = f"{program} {rest}".split()
    for one in policy_defaults.COMMANDS:
        assert matches_one(words, one.commands) is any(matches_command(words, pattern) for pattern in one.commands)


@pytest.mark.parametrize(("tier", "holds"), [(CONFIRM, True), (LOG, False)])
def test_a_program_is_known_in_any_folder_by_rules_that_ask(tier: Tier, *, holds: bool) -> None:
    """What lets pass takes it as it is written: another folder holds another program."""
    found = decided(facts("/x/y/frob a"), (rule("own", tier, commands=("frob*",)),), floor=CONFIRM)
    assert (found == (tier, "own")) is holds


@pytest.mark.parametrize(
    ("path", "glob", "result"),
    [
        ("/etc/x", "/etc/*", True),
        ("etc/x", "/etc/*", False),
        ("/etc/x", "etc/*", False),
        ("/h/.ssh/id", "**/.ssh/*", True),
        ("~/x", "~/**", True),
    ],
)
def test_a_path_outside_is_matched_by_a_glob_about_outside(path: str, glob: str, *, result: bool) -> None:
    """A relative glob is about the workspace."""
    assert matches_path(path, (glob,)) is result


def test_names_and_reasons_of_what_ships_are_fit_to_be_shown() -> None:
    """Unique names, whole sentences."""
    rules = (*policy_defaults.COMMANDS, *policy_defaults.FILES)
    assert len({one.name for one in rules}) == len(rules)
    assert [one.name for one in rules if not (one.reason[0].isupper() and one.reason.endswith("."))] == []


@pytest.mark.parametrize(
    ("writes", "unnamed"),
    [
        (("pytest.py",), ()),
        (("**/pytest.py",), ()),
        (("{item}",), ("pytest.py",)),
        (("**",), ("pytest.py",)),
        (("**/*.py",), ("pytest.py",)),
        (("*.py",), ("pytest.py",)),
        (("src/**/*.py",), ("pytest.py",)),
    ],
)
def test_what_a_check_runs_is_named_by_a_file_or_a_folder_alone(
    writes: tuple[str, ...], unnamed: tuple[str, ...]
) -> None:
    """A glob over all modules is no word about the one that takes the place of the test runner."""
    step = Step(id=StepId("a"), body=RunBody(command="x"), writes=writes)
    assert unnamed_of(("pytest.py",), step, Plan(goal="g", steps=())) == unnamed


def test_a_glob_of_the_scope_names_what_lies_in_its_folder() -> None:
    """The person has said that the run is about that folder."""
    plan = Plan(goal="g", steps=(), scope_write=("tools/**",))
    step = Step(id=StepId("a"), body=RunBody(command="x"))
    assert unnamed_of(("tools/look.py", "look.py"), step, plan) == ("look.py",)
