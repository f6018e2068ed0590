"""`[models]`, `[providers]` and `[prices]`: what may stand there, and in whose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot.core.agent_types import Price
from surefoot.errors import ConfigInvalid
from surefoot.settings import Endpoint, ModelSettings, load_settings, with_environment

WHOLE = """\
[models]
default = "anthropic:claude-sonnet-5-5"
worker = ["mine:small", "openai:gpt-6.1-sol"]
stronger = "anthropic:claude-opus-5-5"
unknown_price = "tokens-only"
brief_tokens = 40000
output_tokens = 8000
review = true
timeout = "2m"

[providers.mine]
base_url = "http://127.0.0.1:8000/v1"
key_env = "MINE_API_KEY"
native_tools = false
context_tokens = 32768
output_tokens_max = 2048

[prices."mine:small"]
input_usd = 0.1
output_usd = 0.4
cache_read_usd = 0.01
"""
TRUST = '[policy]\ntrust = ["{project}"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of a project, and one for the user's settings."""
    (tmp_path / "project").mkdir()
    return tmp_path


def load(folder: Path, user: str = "", project: str = "") -> ModelSettings:
    """Write both files and read them."""
    (folder / "user.toml").write_text(user.replace("{project}", str(folder / "project")), "utf-8")
    (folder / "project" / "surefoot.toml").write_text(project, "utf-8")
    return load_settings(folder / "project", {"SUREFOOT_CONFIG": str(folder / "user.toml")}).models


def problem(folder: Path, user: str = "", project: str = "") -> str:
    """Return the one thing that is wrong, without the folders."""
    with pytest.raises(ConfigInvalid) as caught:
        load(folder, user, project)
    (found,) = caught.value.facts["problems"]
    return found.rpartition(f"{folder}/")[2]


def test_all_that_can_be_said_is_read(folder: Path) -> None:
    """Each key, once."""
    found = load(folder, WHOLE)
    assert found.chains == {
        "default": ("anthropic:claude-sonnet-5-5",),
        "worker": ("mine:small", "openai:gpt-6.1-sol"),
    }
    assert (found.stronger, found.unknown_price) == ("anthropic:claude-opus-5-5", "tokens-only")
    assert (found.brief_tokens, found.output_tokens, found.review, found.timeout_s) == (40000, 8000, True, 120.0)


def test_an_address_is_read(folder: Path) -> None:
    """With what its models can do."""
    assert load(folder, WHOLE).endpoints["mine"] == Endpoint(
        name="mine",
        base_url="http://127.0.0.1:8000/v1",
        key_env="MINE_API_KEY",
        native_tools=False,
        context_tokens=32768,
        output_tokens_max=2048,
    )


def test_a_price_is_read(folder: Path) -> None:
    """And says that it was set."""
    price = Price(input_usd=0.1, output_usd=0.4, cache_read_usd=0.01, origin="settings")
    assert load(folder, WHOLE).prices == {"mine:small": price}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[models]\ndefault = "gpt-5"\n', "user.toml:2:11: 'gpt-5' names no provider and model; PROVIDER:MODEL was"),
        ('[models]\nunknown_price = "free"\n', "user.toml:2:17: found the text 'free'; one of refuse, tokens-only was"),
        ("[models]\ntimeout = 5\n", "user.toml:2:11: 5 has no unit; a duration such as 90s"),
        (
            '[models]\nwrker = "a:b"\n',
            "user.toml:2:1: `wrker` is no key of `[models]`; one of its keys was expected; did you",
        ),
        (
            "[providers.mine]\n",
            "user.toml:1:1: `base_url` is missing; the address of the provider was expected; add it",
        ),
        ('[providers.mine]\nbase_url = "here"\n', "user.toml:2:12: 'here' is no address; one that begins with http://"),
        ('[providers.local]\nbase_url = "http://x"\n', "user.toml:1:1: 'local' cannot name a provider"),
        (
            '[providers.mine]\nbase_url = "http://x"\nkey_env = "MY_GATEWAY"\n',
            "user.toml:3:11: 'MY_GATEWAY' does not say that it holds a key",
        ),
        (
            '[providers.mine]\nbase_url = "http://me:secret@x/v1"\n',
            "user.toml:2:12: a password stands in the address; none was expected; put it in a variable for `key_env`",
        ),
        ('[prices."a:b"]\ninput_usd = 1\n', "user.toml:1:1: `output_usd` is missing; US dollars for a million tokens"),
        ('[prices."a:b"]\ninput_usd = -1\noutput_usd = 1\n', "user.toml:2:13: found the number -1; a number of 0 or"),
    ],
)
def test_a_mistake_is_told_with_its_place(folder: Path, text: str, told: str) -> None:
    """As anywhere in the file."""
    assert problem(folder, text).startswith(told)


# --- a project's file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[providers.mine]\nbase_url = "http://x"\n', "could send your key and your code elsewhere"),
        ('[prices."a:b"]\ninput_usd = 0\noutput_usd = 0\n', "only the user's own settings were expected to have it"),
        ('[models]\nunknown_price = "tokens-only"\n', "what models may take is for the user to say"),
        ('[models]\ntimeout = "2h"\n', "what models may take is for the user to say"),
        ('[models]\nworker = "scripted:./evil.py:run"\n', "is a file that the engine itself would run"),
        ('[models]\ndefault = "local:./big.gguf"\n', "is a file that the engine itself would run"),
    ],
)
def test_even_a_trusted_project_may_not(folder: Path, text: str, told: str) -> None:
    """What comes with a repository sends no key anywhere and brings no code into the engine."""
    found = problem(folder, TRUST, text)
    assert found.startswith("project/surefoot.toml:")
    assert told in found


@pytest.mark.parametrize("key", ["default", "worker", "reviewer", "stronger"])
def test_a_project_that_is_not_trusted_names_no_model(folder: Path, key: str) -> None:
    """It would choose who sees the code, and at what price."""
    found = problem(folder, "", f'[models]\n{key} = "openai:gpt-6.1-sol"\n')
    assert f"`{key}` names a model in the settings of a project that is not trusted" in found
    assert "add the project's folder to `trust`" in found


def test_a_trusted_project_names_models_before_the_user(folder: Path) -> None:
    """For its own runs; what it leaves open is as the user has it."""
    user = f'{TRUST}[models]\ndefault = "anthropic:a"\nworker = "anthropic:b"\n'
    found = load(folder, user, '[models]\nworker = "openai:c"\n')
    assert found.chains == {"default": ("anthropic:a",), "worker": ("openai:c",)}


def test_any_project_may_ask_for_more_care(folder: Path) -> None:
    """A reviewer, and shorter briefs; not for fewer of them."""
    found = load(folder, "[models]\nbrief_tokens = 50000\n", "[models]\nreview = true\nbrief_tokens = 20000\n")
    assert (found.review, found.brief_tokens) == (True, 20000)
    found = load(folder, "[models]\nreview = true\nbrief_tokens = 5000\n", "[models]\nreview = false\n")
    assert (found.review, found.brief_tokens) == (True, 5000)


def test_a_project_cannot_have_longer_briefs_than_the_default(folder: Path) -> None:
    """Where the user says nothing, the default is what it can lower."""
    assert load(folder, "", "[models]\nbrief_tokens = 50000\n").brief_tokens == ModelSettings().brief_tokens


# --- the environment


def test_variables_say_what_files_say() -> None:
    """One for each key, in capitals."""
    found = with_environment(
        ModelSettings(),
        {
            "SUREFOOT_MODELS__WORKER": "mine:small, openai:gpt-6.1-sol",
            "SUREFOOT_MODELS__STRONGER": "anthropic:a",
            "SUREFOOT_MODELS__BRIEF_TOKENS": "1000",
            "SUREFOOT_MODELS__REVIEW": "True",
            "SUREFOOT_MODELS__TIMEOUT": "10s",
            "SUREFOOT_MODELS__DEFAULT": "",
            "OTHER": "x",
        },
    )
    assert found == ModelSettings(
        chains={"worker": ("mine:small", "openai:gpt-6.1-sol")},
        stronger="anthropic:a",
        brief_tokens=1000,
        review=True,
        timeout_s=10.0,
    )


def test_a_variable_with_a_mistake_is_named() -> None:
    """It has no line."""
    with pytest.raises(ConfigInvalid) as caught:
        with_environment(ModelSettings(), {"SUREFOOT_MODELS__REVIEW": "maybe", "SUREFOOT_MODELS__WORKER": "gpt"})
    told = [problem.partition(";")[0] for problem in caught.value.facts["problems"]]
    assert told == [
        "SUREFOOT_MODELS__WORKER: 'gpt' names no provider and model",
        "SUREFOOT_MODELS__REVIEW: found the text 'maybe'",
    ]
