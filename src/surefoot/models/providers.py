"""The lookup from `provider:name` to a model of the provider library.

Each library is loaded for its own models only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model as LibraryModel
from pydantic_ai.models import infer_model

from surefoot.core.agent_types import Fault
from surefoot.core.record import record
from surefoot.errors import ConfigInvalid
from surefoot.models.names import EXTRAS, KEYS, is_openai
from surefoot.models.request import Abilities
from surefoot.models.script_files import script_of
from surefoot.models.scripts import SCRIPTED, Script
from surefoot.settings import Endpoint

_NO_KEY = "none"
"""The clients insist on a key; servers that take none look at nothing."""


@record(kw_only=False)
class Provided:
    """A model that can be asked."""

    model: LibraryModel
    abilities: Abilities


class NotProvidedError(Exception):
    """There is no such model here; its text says what to do, its `fault` of which kind that is."""

    def __init__(self, text: str, fault: Fault) -> None:
        """Keep the kind beside the text."""
        super().__init__(text)
        self.fault = fault


def provided(name: str, endpoints: Mapping[str, Endpoint], environ: Mapping[str, str]) -> Provided:
    """Return the model that goes by `provider:name`.

    Raises:
        NotProvidedError: there is none, a key is missing, or the library of its provider is not installed.
    """
    provider, _, model = name.partition(":")
    if name.startswith(SCRIPTED):
        try:
            return played(script_of(name), name)
        except ConfigInvalid as error:
            raise NotProvidedError(str(error), Fault.UNKNOWN_MODEL) from error
    if endpoint := endpoints.get(provider):
        variable = endpoint.key_env
        key = None if variable is None else _key(f"the provider {endpoint.name!r}", variable, environ)
        return at(endpoint, model, key)
    if provider == "anthropic":
        return _anthropic(model, _key(name, "ANTHROPIC_API_KEY", environ), environ.get("ANTHROPIC_BASE_URL") or None)
    if provider in ("openai", "openai-chat", "openai-responses"):
        return _openai(name, environ)
    try:
        return _judged(infer_model(name))
    except ImportError as error:
        extra, _ = EXTRAS.get(provider, ("", ""))
        cure = f"pip install 'surefoot[{extra}]'" if extra else f"pip install 'pydantic-ai-slim[{provider}]'"
        text = f"the library for {provider!r} is not installed; run: {cure}"
        raise NotProvidedError(text, Fault.UNKNOWN_MODEL) from error
    except UserError as error:
        if str(error).startswith("Unknown model"):
            text = (
                f"{name!r}: there is no provider {provider!r}; write PROVIDER:MODEL, or describe the provider as "
                f"[providers.{provider}] in your surefoot.toml"
            )
            raise NotProvidedError(text, Fault.UNKNOWN_MODEL) from error
        wanted = " or ".join(KEYS.get(provider, ())) or "its key"
        raise NotProvidedError(f"{name!r} cannot be asked yet; set {wanted}", Fault.AUTH) from error


def played(script: Script, name: str) -> Provided:
    """Return a model that a script plays."""
    from surefoot.models.script_model import Played

    return Provided(Played(script, name), Abilities())


def at(endpoint: Endpoint, model: str, key: str | None = None) -> Provided:
    """Return a model at an address."""
    if endpoint.kind == "anthropic":
        return _anthropic(model, key or _NO_KEY, endpoint.base_url)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    provider = OpenAICompatibleProvider(endpoint.name, base_url=endpoint.base_url, api_key=key or _NO_KEY)
    # Every server of this interface knows `max_tokens`; one that overlooks its successor would write without end.
    profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    return _judged(OpenAIChatModel(model, provider=provider, profile=profile))


def _key(wanted: str, variable: str, environ: Mapping[str, str]) -> str:
    if key := environ.get(variable, "").strip():
        return key
    raise NotProvidedError(
        f"{wanted} needs a key, and {variable} is not set; set it, or name another model", Fault.AUTH
    )


def _anthropic(model: str, key: str, base_url: str | None) -> Provided:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(api_key=key, base_url=base_url)
    return _judged(AnthropicModel(model, provider=provider), caches=True)


def _openai(name: str, environ: Mapping[str, str]) -> Provided:
    """Return a model of OpenAI, or of what stands at `OPENAI_BASE_URL`, which is asked by chat completions."""
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    kind, _, model = name.partition(":")
    base_url = environ.get("OPENAI_BASE_URL") or None
    if kind != "openai-responses" and base_url is not None and not is_openai(base_url):
        endpoint = Endpoint(name=kind, base_url=base_url)
        return at(endpoint, model, environ.get("OPENAI_API_KEY", "").strip() or None)
    provider = OpenAIProvider(base_url=base_url, api_key=_key(name, "OPENAI_API_KEY", environ))
    if kind == "openai-chat":
        return _judged(OpenAIChatModel(model, provider=provider))
    return _judged(OpenAIResponsesModel(model, provider=provider), stores=True)


def _judged(model: LibraryModel, *, caches: bool = False, stores: bool = False) -> Provided:
    follows = bool(model.profile.get("supports_json_schema_output", False))
    chat = sys.modules.get("pydantic_ai.models.openai")
    assumes_end = chat is not None and isinstance(model, chat.OpenAIChatModel)
    return Provided(model, Abilities(follows_schema=follows, caches=caches, stores=stores, assumes_end=assumes_end))
