"""Model routing: which model plays which role, from flags, environment and settings, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from surefoot.core.agent_types import CAST, ModelFacts, ModelRouting, Price, Role, RoleModels
from surefoot.errors import ConfigInvalid
from surefoot.models.gguf import LOCAL
from surefoot.models.names import default_by_key, flaw_of_name
from surefoot.models.prices import listed_context, listed_price, nearest_listed, set_price
from surefoot.models.scripts import SCRIPTED
from surefoot.settings import CHAINS, Endpoint, ModelSettings, user_file, with_environment

_VARIABLE = "SUREFOOT_MODEL"
_FLAG = "--model"
_STRONGER = "stronger"
_ALL = "all"
_DEFAULT = "default"
_OUTPUT_TOKENS, _SMALL_OUTPUT_TOKENS = 16_384, 4_096
_CONTEXT_LARGE = 100_000
"""From this size on a model has room for long replies; some think within them."""

_Chains = Mapping[str, tuple[str, ...]]
"""Models by role, `stronger`, `default`, or `all` for each role that is not named beside it."""


def routing_of(
    settings: ModelSettings,
    environ: Mapping[str, str],
    flags: Sequence[str] = (),
    *,
    with_reviewer: bool | None = None,
    named: Iterable[str] = (),
) -> ModelRouting:
    """Return who plays what: the flags' word first, then the environment's, then that of the settings.

    `named` are models that steps of a plan ask for.

    Raises:
        ConfigInvalid: nothing says which model, a name is wrong, a key is missing, or a price is not known.
    """
    layers = [_of_flags(flags), _of_environment(environ), settings.chains]
    settings = with_environment(settings, environ)
    roles = {role.value: _chosen(role.value, layers) or default_by_key(environ) for role in CAST}
    if not all(roles.values()):
        raise ConfigInvalid.of(_no_model())
    stronger = next((layer[_STRONGER] for layer in layers if layer.get(_STRONGER)), ())
    if not stronger and settings.stronger:
        stronger = (settings.stronger,)
    facts = _known({name for chain in (*roles.values(), stronger[:1]) for name in chain}, settings, environ)
    strong = facts[stronger[0]] if stronger else None
    routing = ModelRouting(
        roles={
            word: RoleModels(chain=tuple(facts[name] for name in chain), stronger=strong)
            for word, chain in roles.items()
        },
        unknown_price=settings.unknown_price,
        brief_tokens_max=settings.brief_tokens,
        with_planner=any(layer.get(Role.PLANNER.value) for layer in layers),
        with_reviewer=settings.review if with_reviewer is None else with_reviewer,
    )
    return with_named(routing, settings, environ, named)


def with_named(
    routing: ModelRouting, settings: ModelSettings, environ: Mapping[str, str], named: Iterable[str]
) -> ModelRouting:
    """Return a model routing that also holds the models that steps of a plan ask for.

    Raises:
        ConfigInvalid: a name is wrong, a key is missing, or a price is not known.
    """
    wanted = {name: _whole(name) for name in named if name and name not in routing.roles}
    known = {facts.name: facts for models in routing.roles.values() for facts in models.chain}
    own = [name for name, whole in wanted.items() if whole.startswith((SCRIPTED, LOCAL)) and whole not in known]
    if own:
        raise ConfigInvalid.of(
            *(
                f"{name!r} is a file that the engine itself would run, and only a plan names it; name it yourself, "
                f"too: {_FLAG} {name}, or [models] in {user_file()}."
                for name in own
            )
        )
    settings = replace(settings, unknown_price=routing.unknown_price)
    known |= _known({whole for whole in wanted.values() if whole not in known}, settings, environ)
    stronger = next((models.stronger for models in routing.roles.values()), None)
    added = {name: RoleModels(chain=(known[whole],), stronger=stronger) for name, whole in wanted.items()}
    return replace(routing, roles={**routing.roles, **added})


def cast_alone(name: str) -> ModelRouting:
    """Return a model routing in which one model that costs nothing plays every role."""
    models = RoleModels(chain=(facts_of(name, ModelSettings(prices={name: Price(input_usd=0.0, output_usd=0.0)})),))
    return ModelRouting(roles={role.value: models for role in CAST})


def timeout_of(settings: ModelSettings, environ: Mapping[str, str]) -> float:
    """Return how long a reply may take, in seconds.

    Raises:
        ConfigInvalid: a variable says what cannot be.
    """
    return with_environment(settings, environ).timeout_s


# --- who is named


def _of_flags(flags: Sequence[str]) -> _Chains:
    """Read `PROVIDER:NAME` and `ROLE=PROVIDER:NAME`; a comma stands between the models of a chain."""
    found: dict[str, tuple[str, ...]] = {}
    for flag in flags:
        word, equals, names = flag.partition("=")
        if not equals or ":" in word:
            found[_ALL] = _names(flag, _FLAG)
        elif word in (*CHAINS, _STRONGER):
            found[word] = _names(names, f"{_FLAG} {word}")
        else:
            words = ", ".join((*CHAINS, _STRONGER))
            raise ConfigInvalid.of(
                f"{_FLAG} {flag}: {word!r} is no role; one of {words} was expected, or no `ROLE=` at all."
            )
    return found


def _of_environment(environ: Mapping[str, str]) -> _Chains:
    said = with_environment(ModelSettings(), environ)
    found = {word: tuple(_whole(name) for name in chain) for word, chain in said.chains.items()}
    if said.stronger:
        found[_STRONGER] = (_whole(said.stronger),)
    if environ.get(_VARIABLE, "").strip():
        found[_ALL] = _names(environ[_VARIABLE], _VARIABLE)
    return found


def _names(text: str, where: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        provider, _, model = name.partition(":")
        if not provider or not model:
            raise ConfigInvalid.of(
                f"{where}: {name!r} names no provider and model; PROVIDER:MODEL was expected, as in "
                "anthropic:claude-sonnet-5-5."
            )
    return tuple(map(_whole, names))


def _whole(name: str) -> str:
    """Return a name that means the same from another folder."""
    for prefix in (SCRIPTED, LOCAL):
        if name.startswith(prefix):
            return prefix + str(Path(name.removeprefix(prefix)).expanduser().absolute())
    return name


def _chosen(role: str, layers: Sequence[_Chains]) -> tuple[str, ...]:
    """Return the chain of a role: what names it, or all, in the first layer that does; then what stands by default."""
    for layer in layers:
        if chain := layer.get(role) or layer.get(_ALL):
            return tuple(map(_whole, chain))
    return next((tuple(map(_whole, layer[_DEFAULT])) for layer in layers if layer.get(_DEFAULT)), ())


# --- what is known of them


def _known(names: Iterable[str], settings: ModelSettings, environ: Mapping[str, str]) -> dict[str, ModelFacts]:
    """Return what is known of each model; raise where one cannot be asked, or its price is not known."""
    ordered = sorted(names)
    flaws = [flaw for name in ordered if (flaw := flaw_of_name(name, settings.endpoints, environ))]
    if flaws:
        raise ConfigInvalid.of(*flaws)
    facts = {name: facts_of(name, settings) for name in ordered}
    unpriced = [name for name, each in facts.items() if each.price is None]
    if unpriced and settings.unknown_price != "tokens-only":
        raise ConfigInvalid.of(*(_no_price(name) for name in unpriced))
    return facts


def facts_of(name: str, settings: ModelSettings) -> ModelFacts:
    """Return what is known of a model beforehand."""
    endpoint = settings.endpoints.get(name.partition(":")[0])
    is_own = name.startswith((SCRIPTED, LOCAL))
    price = set_price(name, settings.prices)
    if price is None and is_own:
        price = Price(input_usd=0.0, output_usd=0.0, origin="local")
    if price is None and endpoint is None:
        price = listed_price(name, settings.brief_tokens)
    context = _context_of(name, endpoint)
    of_provider = None if endpoint is None else endpoint.output_tokens_max
    return ModelFacts(
        name=name,
        price=price,
        context_tokens=context,
        output_tokens_max=_output_tokens(context, of_provider, settings.output_tokens),
        native_tools=not name.startswith(LOCAL) if endpoint is None else endpoint.native_tools,
    )


def _context_of(name: str, endpoint: Endpoint | None) -> int | None:
    if endpoint is not None:
        return endpoint.context_tokens
    if name.startswith(LOCAL):
        from surefoot.models.local import context_tokens_of, path_of

        return context_tokens_of(path_of(name))
    return None if name.startswith(SCRIPTED) else listed_context(name)


def _output_tokens(context: int | None, of_provider: int | None, wanted: int | None) -> int:
    usual = _OUTPUT_TOKENS if context is not None and context >= _CONTEXT_LARGE else _SMALL_OUTPUT_TOKENS
    limits = [wanted or of_provider or usual]
    if of_provider is not None:
        limits.append(of_provider)
    if context is not None:
        # What is sent needs room, too.
        limits.append(context // 4)
    return min(limits)


# --- what is said when something is missing


def _no_price(name: str) -> str:
    near = nearest_listed(name)
    return (
        f"What {name!r} costs is not known, so that no limit on money could hold. "
        f"{f'Did you mean {near!r}? ' if near else ''}Choose one of these: give its price "
        f'in {user_file()} ([prices."{name}"] input_usd = ..., output_usd = ..., for a million tokens; 0 if it costs '
        'nothing); count tokens only (unknown_price = "tokens-only" in [models], or '
        f"{_VARIABLE}S__UNKNOWN_PRICE=tokens-only); or name a model whose price is known."
    )


def _no_model() -> str:
    file = user_file()
    return f"""\
No model is named, and no key of a provider is set. Choose one of these:
- set ANTHROPIC_API_KEY or OPENAI_API_KEY: Surefoot then takes a model of that provider
- name a model: {_FLAG} PROVIDER:NAME, {_VARIABLE}=PROVIDER:NAME, or [models] default = "PROVIDER:NAME" in {file}
- name an address with an OpenAI- or Anthropic-compatible API (vLLM, Ollama, llama.cpp, a gateway) in {file}:
  [providers.NAME] base_url = "http://127.0.0.1:8000/v1", then {_FLAG} NAME:MODEL
- run a model from a file: pip install 'surefoot[local]', then {_FLAG} local:PATH.gguf
- use a scripted model: {_FLAG} scripted:FILE.yaml
- without a model: write the plan yourself; `surefoot init` writes a first one"""
