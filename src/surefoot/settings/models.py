"""`[models]`, `[providers]` and `[prices]` of a settings file.

A project's file comes with the repository: it must never send a key or the code to another address, nor make the engine
run what it brings along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from surefoot.core.agent_types import Price, Role
from surefoot.errors import ConfigInvalid
from surefoot.masking.secret_names import is_secret_name
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.tree import Items, Kind, Place, Scalar, Table, Tree
from surefoot.settings.endpoints import Endpoint, ModelSettings

SECTIONS = ("models", "providers", "prices")
CHAIN_KEYS = ("default", *(role.value for role in Role))
UNKNOWN_PRICES = ("refuse", "tokens-only")
_USER_KEYS = ("unknown_price", "output_tokens", "timeout")
MODEL_KEYS = (*CHAIN_KEYS, "stronger", *_USER_KEYS, "brief_tokens", "review")
ENDPOINT_KEYS = ("base_url", "kind", "key_env", "native_tools", "context_tokens", "output_tokens_max")
PRICE_KEYS = ("input_usd", "output_usd", "cache_read_usd", "cache_write_usd")
_KINDS = ("openai", "anthropic")
_OVERLAID = ("stronger", "unknown_price", "brief_tokens", "output_tokens", "review", "timeout_s")
VARIABLE_PREFIX = "SUREFOOT_MODELS__"
_TAKEN = ("scripted", "local")
_PROVIDER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_OF_THE_USER = "it comes with the repository, and could send your key and your code elsewhere"


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose file is read."""

    is_project: bool = False
    """Whether it came with the repository."""
    is_trusted: bool = False
    """Whether the user trusts that project."""


def read_models(page: Page, fields: Fields, rights: Rights) -> ModelSettings:
    """Read the three sections."""
    for key in ("providers", "prices"):
        if rights.is_project and key in fields:
            cure = "only the user's own settings were expected to have it; move it there"
            page.flaw(fields.at(key), f"`{key}` stands in a project's settings: {_OF_THE_USER}; {cure}")
    node = fields.node("models")
    models = None if node is None else Fields.read(page, node, "`[models]`", MODEL_KEYS)
    endpoints = fields.take("providers", partial(_read_endpoints, page), dict[str, Endpoint]())
    prices = fields.take("prices", partial(_read_prices, page), dict[str, Price]())
    if models is None:
        return ModelSettings(endpoints=endpoints, prices=prices)
    _judge(page, models, rights)
    read = partial(_read_name, page, rights)
    chains = {key: models.take(key, page.many(read), ()) for key in CHAIN_KEYS if key in models}
    return ModelSettings(
        chains={key: chain for key, chain in chains.items() if chain},
        stronger=models.take("stronger", read, None),
        unknown_price=models.take("unknown_price", lambda inner: page.word(inner, UNKNOWN_PRICES), None),
        brief_tokens=models.take("brief_tokens", page.count, None),
        output_tokens=models.take("output_tokens", page.count, None),
        review=models.take("review", page.flag, None),
        timeout_s=models.take("timeout", page.positive_s, None),
        endpoints=endpoints,
        prices=prices,
    )


def _judge(page: Page, models: Fields, rights: Rights) -> None:
    """Note a flaw for each key that a project's file may not have."""
    if not rights.is_project:
        return
    for key in (*CHAIN_KEYS, "stronger"):
        if key in models and not rights.is_trusted:
            wrong = f"`{key}` names a model in the settings of a project that is not trusted: {_OF_THE_USER}"
            cure = "add the project's folder to `trust` in [policy] of your own settings, or name models there"
            page.flaw(models.at(key), f"{wrong}; only your own word was expected to choose who is asked; {cure}")
    for key in _USER_KEYS:
        if key in models:
            wrong = f"`{key}` stands in a project's settings; what models may take is for the user to say"
            page.flaw(models.at(key), f"{wrong}; it was expected in the user's own; move it there")


def merged(own: ModelSettings, theirs: ModelSettings) -> ModelSettings:
    """Return what the user's and a project's settings say together."""
    briefs = [most for most in (own.brief_tokens, theirs.brief_tokens) if most is not None]
    return ModelSettings(
        chains={**own.chains, **theirs.chains},
        stronger=theirs.stronger or own.stronger,
        unknown_price=own.unknown_price,
        brief_tokens=min(briefs, default=None),
        output_tokens=own.output_tokens,
        review=True if own.review or theirs.review else own.review,
        timeout_s=own.timeout_s,
        endpoints=own.endpoints,
        prices=own.prices,
    )


def from_environment(environ: Mapping[str, str]) -> ModelSettings:
    """Return what `SUREFOOT_MODELS__WORKER` and its like say, by the same rules; commas part the models of a chain.

    Raises:
        ConfigInvalid: a variable says what cannot be.
    """
    names = sorted(name for name, value in environ.items() if name.startswith(VARIABLE_PREFIX) and value.strip())
    page, entries = Page(), list[tuple[Tree, Tree]]()
    for line, name in enumerate(names, start=1):
        place = Place(line, 1)
        key = name.removeprefix(VARIABLE_PREFIX).lower()
        entries.append((Scalar(place, Kind.TEXT, key), _grown(place, key, environ[name].strip())))
    top = Place(1, 1)
    table = Table(top, ((Scalar(top, Kind.TEXT, "models"), Table(top, tuple(entries))),))
    fields = Fields.read(page, table, "the environment", ("models",))
    assert fields is not None
    found = read_models(page, fields, Rights())
    if page.flaws:
        problems = tuple(f"{names[flaw.place.line - 1]}: {flaw.text}" for flaw in page.flaws)
        raise ConfigInvalid("\n".join(problems), problems=problems)
    return found


def _grown(place: Place, key: str, text: str) -> Tree:
    """Return the value of a variable as it would stand in a file."""
    if key in CHAIN_KEYS:
        return Items(place, tuple(Scalar(place, Kind.TEXT, name.strip()) for name in text.split(",") if name.strip()))
    if text.lower() in ("true", "false"):
        return Scalar(place, Kind.FLAG, text.lower())
    return Scalar(place, Kind.NUMBER if text.isdecimal() else Kind.TEXT, text)


def overlaid(below: ModelSettings, above: ModelSettings) -> ModelSettings:
    """Return what both say; where both say something, what stands above."""
    said = {name: value for name in _OVERLAID if (value := getattr(above, name)) is not None}
    return replace(below, chains={**below.chains, **above.chains}, **said)


def _read_name(page: Page, rights: Rights, node: Tree) -> str | None:
    text = page.text(node)
    if text is None:
        return None
    provider, colon, model = text.partition(":")
    if not colon or not provider or not model:
        cure = "write both, as in anthropic:claude-sonnet-5-5"
        page.flaw(node, f"{text!r} names no provider and model; PROVIDER:MODEL was expected; {cure}")
        return None
    if rights.is_project and provider in _TAKEN:
        wrong = f"{text!r} is a file that the engine itself would run, named by a project's settings"
        page.flaw(node, f"{wrong}; a provider's model was expected; name the file with --model")
        return None
    return text


def _read_endpoints(page: Page, node: Tree) -> dict[str, Endpoint] | None:
    expected = "a table for each provider was expected; write [providers.NAME]"
    if not isinstance(node, Table):
        page.flaw(node, f"found {described(node)}; {expected}")
        return None
    found: dict[str, Endpoint] = {}
    for key, value in node.entries:
        name = key.text if isinstance(key, Scalar) else ""
        if name in _TAKEN or _PROVIDER.fullmatch(name) is None:
            page.flaw(key, f"{name!r} cannot name a provider; another word was expected; choose one")
            continue
        endpoint = _read_endpoint(page, name, value)
        if endpoint is not None:
            found[name] = endpoint
    return found


def _read_endpoint(page: Page, name: str, node: Tree) -> Endpoint | None:
    fields = Fields.read(page, node, f"`[providers.{name}]`", ENDPOINT_KEYS)
    if fields is None:
        return None
    return Endpoint(
        name=name,
        base_url=fields.need("base_url", partial(_read_address, page), "", "where it is"),
        kind=fields.take("kind", lambda inner: page.word(inner, _KINDS), "openai"),
        key_env=fields.take("key_env", partial(_read_variable, page), None),
        native_tools=fields.take("native_tools", page.flag, default=True),
        context_tokens=fields.take("context_tokens", page.count, None),
        output_tokens_max=fields.take("output_tokens_max", page.count, None),
    )


def _read_variable(page: Page, node: Tree) -> str | None:
    """Read the name of a variable whose value is masked: names tell which are."""
    name = page.variable(node)
    if name is not None and not is_secret_name(name):
        wrong = f"{name!r} does not say that it holds a key, so that its value would not be masked"
        page.flaw(node, f"{wrong}; a name that ends in _API_KEY or _TOKEN was expected; give the variable such a name")
        return None
    return name


def _read_address(page: Page, node: Tree) -> str | None:
    text = page.text(node)
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        cure = "write it in full, as in http://127.0.0.1:8000/v1"
        page.flaw(node, f"{text!r} is no address; one that begins with http:// or https:// was expected; {cure}")
        return None
    if parts.password is not None:
        page.flaw(node, "a password stands in the address; none was expected; put it in a variable for `key_env`")
        return None
    return text


def _read_prices(page: Page, node: Tree) -> dict[str, Price] | None:
    expected = 'a table for each model was expected; write [prices."PROVIDER:MODEL"]'
    return page.named(node, expected, partial(_read_name, page, Rights()), partial(_read_price, page))


def _read_price(page: Page, node: Tree) -> Price | None:
    fields = Fields.read(page, node, "a price", PRICE_KEYS)
    if fields is None:
        return None
    what = "US dollars for a million tokens"
    return Price(
        input_usd=fields.need("input_usd", page.number, 0.0, what),
        output_usd=fields.need("output_usd", page.number, 0.0, what),
        cache_read_usd=fields.take("cache_read_usd", page.number, None),
        cache_write_usd=fields.take("cache_write_usd", page.number, None),
        origin="settings",
    )
