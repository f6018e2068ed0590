"""Who plays which role, what that costs, and what is said when something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from surefoot.core.agent_types import ModelRouting, Price
from surefoot.errors import ConfigInvalid
from surefoot.models.names import default_by_key
from surefoot.models.prices import listed_price
from surefoot.models.routing import routing_of, timeout_of, with_named
from surefoot.settings import Endpoint, ModelSettings

KEYS = {"ANTHROPIC_API_KEY": "sk-a", "OPENAI_API_KEY": "sk-o"}
MINE = Endpoint(name="mine", base_url="http://127.0.0.1:8000/v1", context_tokens=32_768, native_tools=False)
FREE = Price(input_usd=0.0, output_usd=0.0, origin="settings")
SONNET, OPUS, SOL = "anthropic:claude-sonnet-5-5", "anthropic:claude-opus-5-5", "openai:gpt-6.1-sol"
ROLES = ("scout", "planner", "worker", "reviewer")


def names(routing: ModelRouting) -> dict[str, list[str]]:
    """Return the chains by role."""
    return {role: [facts.name for facts in models.chain] for role, models in routing.roles.items()}


def refusal(
    settings: ModelSettings | None = None, environ: Mapping[str, str] = KEYS, flags: tuple[str, ...] = ()
) -> str:
    """Return what is said in place of a casting."""
    with pytest.raises(ConfigInvalid) as caught:
        routing_of(settings or ModelSettings(), environ, flags)
    return str(caught.value)


# --- who is named


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"ANTHROPIC_API_KEY": "x"}, SONNET),
        ({"OPENAI_API_KEY": "x"}, SOL),
        (KEYS, SONNET),
        ({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "https://api.openai.com/v1"}, SOL),
    ],
)
def test_a_key_alone_is_enough(environ: dict[str, str], name: str) -> None:
    """All roles are played by that provider's model in the middle."""
    assert names(routing_of(ModelSettings(), environ)) == {role: [name] for role in ROLES}


def test_the_models_taken_by_key_have_a_price() -> None:
    """Else the shortest way in would end in a refusal."""
    defaults = {default_by_key({key: "x"}) for key in KEYS}
    assert all(listed_price(name, 60_000) is not None for (name,) in defaults)


def test_the_key_of_another_address_chooses_no_model() -> None:
    """What stands there has models of its own."""
    assert "No model is named" in refusal(environ={"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})


def test_without_model_and_key_every_way_on_is_told() -> None:
    """One error, all cures."""
    told = refusal(environ={})
    ways = ("ANTHROPIC_API_KEY", "--model PROVIDER:NAME", "SUREFOOT_MODEL=", "[providers.NAME]", "surefoot[local]")
    assert all(way in told for way in (*ways, "scripted:FILE.yaml", "surefoot init", "default ="))


@pytest.mark.parametrize(
    ("chains", "environ", "flags", "worker", "scout"),
    [
        ({"default": (SOL,)}, {}, (), [SOL], [SOL]),
        ({"default": (SOL,), "worker": (OPUS,)}, {}, (), [OPUS], [SOL]),
        ({"worker": (OPUS,)}, {"SUREFOOT_MODELS__WORKER": SOL}, (), [SOL], [SONNET]),
        ({"worker": (OPUS,)}, {"SUREFOOT_MODEL": SOL}, (), [SOL], [SOL]),
        ({}, {"SUREFOOT_MODEL": SOL}, (OPUS,), [OPUS], [OPUS]),
        ({}, {"SUREFOOT_MODEL": SOL}, (f"worker={OPUS}",), [OPUS], [SOL]),
        ({"worker": (SOL,)}, {}, (f"default={OPUS}",), [SOL], [OPUS]),
        ({}, {}, (OPUS, f"scout={SOL},{SONNET}"), [OPUS], [SOL, SONNET]),
        ({}, {}, (f"{OPUS}, {SOL}",), [OPUS, SOL], [OPUS, SOL]),
    ],
)
def test_flags_stand_above_the_environment_and_that_above_settings(
    chains: dict[str, tuple[str, ...]],
    environ: dict[str, str],
    flags: tuple[str, ...],
    worker: list[str],
    scout: list[str],
) -> None:
    """In each of them the role's own word stands above that for all."""
    found = names(routing_of(ModelSettings(chains=chains), {**KEYS, **environ}, flags))
    assert (found["worker"], found["scout"]) == (worker, scout)


@pytest.mark.parametrize(
    ("settings", "flags"),
    [(ModelSettings(stronger=OPUS), ()), (ModelSettings(), (f"stronger={OPUS}",))],
)
def test_a_stronger_model_stands_behind_each_role(settings: ModelSettings, flags: tuple[str, ...]) -> None:
    """For the last attempt."""
    routing = routing_of(settings, KEYS, flags)
    assert {models.stronger and models.stronger.name for models in routing.roles.values()} == {OPUS}


@pytest.mark.parametrize(
    ("review", "wanted", "has"), [(False, None, False), (True, None, True), (True, False, False), (False, True, True)]
)
def test_a_reviewer_is_for_the_flag_then_for_the_settings(review: bool, wanted: bool | None, has: bool) -> None:
    """Nobody has one unasked."""
    assert routing_of(ModelSettings(review=review), KEYS, with_reviewer=wanted).with_reviewer is has


def test_how_long_a_reply_may_take_is_the_environments_then_the_settings() -> None:
    """Five minutes where nobody says."""
    settings = ModelSettings(timeout_s=7.0)
    assert timeout_of(ModelSettings(), {}) == 300.0
    assert (timeout_of(settings, {}), timeout_of(settings, {"SUREFOOT_MODELS__TIMEOUT": "9s"})) == (7.0, 9.0)


# --- what is known of them


def test_a_price_comes_from_the_list_that_is_installed() -> None:
    """And says from which."""
    price = routing_of(ModelSettings(), KEYS, (SONNET,)).roles["worker"].chain[0].price
    assert price is not None
    assert price.origin.startswith("genai-prices ")
    assert 0 < price.input_usd < price.output_usd
    assert price.cache_read_usd is not None
    assert price.cache_read_usd < price.input_usd


@pytest.mark.parametrize("key", [SONNET, "anthropic:*"])
def test_a_price_in_settings_stands_above_the_list(key: str) -> None:
    """For one model, or for all of a provider."""
    settings = ModelSettings(prices={key: FREE})
    assert routing_of(settings, KEYS, (SONNET,)).roles["worker"].chain[0].price == FREE


def test_where_the_price_depends_on_the_length_the_dearest_counts_that_can_be_reached() -> None:
    """A limit holds then whatever is sent."""
    short, long = listed_price(SOL, 60_000), listed_price(SOL, 1_000_000)
    assert short is not None
    assert long is not None
    assert short.input_usd < long.input_usd


def test_an_unknown_price_is_refused_with_three_ways_on() -> None:
    """No silent zero."""
    told = refusal(flags=("anthropic:claude-nobody-knows",))
    ways = ('[prices."anthropic:claude-nobody-knows"]', 'unknown_price = "tokens-only"', "name a model whose price is")
    assert all(way in told for way in ways)


@pytest.mark.parametrize(
    "settings",
    [ModelSettings(unknown_price="tokens-only"), ModelSettings(prices={"anthropic:claude-nobody-knows": FREE})],
)
def test_an_unknown_price_can_be_lived_with(settings: ModelSettings) -> None:
    """Counting tokens only, or told in the settings."""
    routing = routing_of(settings, KEYS, ("anthropic:claude-nobody-knows",))
    assert routing.unknown_price == settings.unknown_price


def test_a_name_that_is_nearly_one_of_the_list_is_suggested() -> None:
    """Most unknown prices are slips of the pen."""
    assert "Did you mean 'anthropic:claude-sonnet-5-5'?" in refusal(flags=("anthropic:claude-sonet-5-5",))


def test_models_of_an_address_are_as_the_settings_say() -> None:
    """Their size, and whether they take tools; a reply leaves room for what is sent."""
    settings = ModelSettings(endpoints={"mine": MINE}, prices={"mine:*": FREE})
    facts = routing_of(settings, {}, ("mine:small",)).roles["worker"].chain[0]
    assert (facts.context_tokens, facts.native_tools, facts.output_tokens_max) == (32_768, False, 4_096)


def test_replies_are_as_long_as_the_settings_let_them() -> None:
    """Where they say nothing, large models have room to think."""
    usual = routing_of(ModelSettings(), KEYS).roles["worker"].chain[0]
    wanted = routing_of(ModelSettings(output_tokens=500), KEYS).roles["worker"].chain[0]
    assert (usual.output_tokens_max, wanted.output_tokens_max) == (16_384, 500)


def test_scripts_cost_nothing_and_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their path is made whole, so that the run can be resumed in another folder."""
    (tmp_path / "play.yaml").write_text("- say: x\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    facts = routing_of(ModelSettings(), {}, ("scripted:play.yaml",)).roles["worker"].chain[0]
    assert facts.name == f"scripted:{tmp_path}/play.yaml"
    assert facts.price == Price(input_usd=0.0, output_usd=0.0, origin="local")


# --- what is wrong


@pytest.mark.parametrize(
    ("environ", "flag", "told"),
    [
        ({}, SONNET, "'anthropic:claude-sonnet-5-5' needs a key, and ANTHROPIC_API_KEY is not set"),
        (KEYS, "mistral:x", "needs a library that is not installed; run: pip install 'surefoot[mistral]'"),
        (KEYS, "nowhere:x", "there is no provider 'nowhere'"),
        (KEYS, "gpt-5", "'gpt-5' names no provider and model"),
        (KEYS, f"boss={SOL}", "'boss' is no role"),
        (KEYS, "scripted:missing.yaml", "there is no file"),
        (KEYS, "local:missing.gguf", "missing.gguf' cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told_before_the_run_begins(environ: dict[str, str], flag: str, told: str) -> None:
    """With the cure."""
    assert told in refusal(environ=environ, flags=(flag,))


def test_the_key_of_an_address_has_to_be_set() -> None:
    """By the variable that the settings name."""
    keyed = Endpoint(name="mine", base_url="http://x/v1", key_env="MINE_API_KEY")
    settings = ModelSettings(endpoints={"mine": keyed}, prices={"mine:*": FREE})
    assert "MINE_API_KEY is not set" in refusal(settings, {}, ("mine:small",))


# --- models that a plan names


def test_a_step_may_name_a_model_of_its_own() -> None:
    """It is known beside the roles, by its name."""
    routing = routing_of(ModelSettings(), KEYS, named=[OPUS, SONNET])
    assert names(routing)[OPUS] == [OPUS]
    assert names(routing)["worker"] == [SONNET]


def test_a_run_goes_on_with_the_models_it_began_with() -> None:
    """Those that a plan made meanwhile names come to them."""
    began = routing_of(ModelSettings(), KEYS, (SOL,))
    found = with_named(began, ModelSettings(chains={"default": (OPUS,)}), KEYS, [OPUS])
    assert names(found) == {role: [SOL] for role in ROLES} | {OPUS: [OPUS]}


@pytest.mark.parametrize("name", ["scripted:evil.py:run", "local:evil.gguf"])
def test_a_plan_brings_no_code_into_the_engine(name: str) -> None:
    """A script runs in the engine itself: only who starts the run may name one."""
    with pytest.raises(ConfigInvalid) as caught:
        routing_of(ModelSettings(), KEYS, named=[name])
    assert "is a file that the engine itself would run, and only a plan names it" in str(caught.value)


def test_a_plan_may_name_the_script_that_was_given(tmp_path: Path) -> None:
    """For then it was not the plan that brought it."""
    (tmp_path / "play.yaml").write_text("- say: x\n", "utf-8")
    name = f"scripted:{tmp_path}/play.yaml"
    assert names(routing_of(ModelSettings(), {}, (name,), named=[name]))[name] == [name]
