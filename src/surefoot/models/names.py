"""Names of models: the variables for their providers' keys, the extras for their libraries.

Mistakes in a name are found before a library is loaded.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from surefoot.errors import ConfigInvalid
from surefoot.models.gguf import LOCAL
from surefoot.models.script_files import split_name
from surefoot.models.scripts import SCRIPTED
from surefoot.settings import Endpoint, user_file

KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openai-chat": ("OPENAI_API_KEY",),
    "openai-responses": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
}
"""For the better known providers the variables of which one has to hold the key."""
EXTRAS: Mapping[str, tuple[str, str]] = {
    "bedrock": ("bedrock", "boto3"),
    "bedrock-mantle": ("bedrock", "boto3"),
    "google": ("google", "google.genai"),
    "google-cloud": ("google", "google.genai"),
    "groq": ("groq", "groq"),
    "mistral": ("mistral", "mistralai"),
}
"""For providers that are not in the base installation the extra that brings their library, and the library."""
DEFAULTS = (
    ("ANTHROPIC_API_KEY", "anthropic:claude-sonnet-5-5"),
    ("OPENAI_API_KEY", "openai:gpt-6.1-sol"),
    ("GOOGLE_API_KEY", "google:gemini-3.8-flash"),
    ("GEMINI_API_KEY", "google:gemini-3.8-flash"),
)
"""What is asked where a key is all that is known, in this order: of each provider the model between large and small."""


def default_by_key(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the model that a key stands for where nothing names one; nothing where there is no key."""
    for variable, name in DEFAULTS:
        if not environ.get(variable, "").strip() or missing_extra(name):
            continue
        if name.startswith("openai:") and environ.get("OPENAI_BASE_URL") and not is_openai(environ["OPENAI_BASE_URL"]):
            # What stands at that address has models of its own.
            continue
        return (name,)
    return ()


def is_openai(base_url: str) -> bool:
    """Tell whether an address is OpenAI's own."""
    host = urlsplit(base_url).hostname or ""
    return host == "openai.com" or host.endswith(".openai.com")


def missing_extra(name: str) -> str:
    """Return the extra that has to be installed before the model can be asked; empty: none."""
    extra, library = EXTRAS.get(name.partition(":")[0], ("", ""))
    try:
        return extra if library and importlib.util.find_spec(library) is None else ""
    except ModuleNotFoundError:  # what the library's package stands in is missing
        return extra


def flaw_of_name(name: str, endpoints: Mapping[str, Endpoint], environ: Mapping[str, str]) -> str:
    """Say why a model cannot be asked, as far as that can be seen from here; empty where nothing speaks against it."""
    provider = name.partition(":")[0]
    if name.startswith(SCRIPTED):
        try:
            split_name(name)
        except ConfigInvalid as error:
            return error.message
        return ""
    if endpoint := endpoints.get(provider):
        variable = endpoint.key_env
        return "" if variable is None or environ.get(variable, "").strip() else _no_key(name, variable)
    if name.startswith(LOCAL):
        from surefoot.models.local import find_flaw, path_of

        return find_flaw(path_of(name))
    if not _is_known(provider):
        return (
            f"{name!r}: there is no provider {provider!r}. Write PROVIDER:MODEL with one there is, or describe it as "
            f"[providers.{provider}] with its base_url in {user_file(environ)}."
        )
    if extra := missing_extra(name):
        return f"{name!r} needs a library that is not installed; run: pip install 'surefoot[{extra}]'."
    if provider.startswith("openai") and environ.get("OPENAI_BASE_URL"):
        return ""
    keys = KEYS.get(provider, ())
    return "" if not keys or any(environ.get(key, "").strip() for key in keys) else _no_key(name, " or ".join(keys))


def _no_key(name: str, variable: str) -> str:
    return f"{name!r} needs a key, and {variable} is not set. Set it, or name another model."


def _is_known(provider: str) -> bool:
    """Tell whether the provider library has a module of that name: to import it would take a second."""
    if provider in KEYS or provider in EXTRAS:
        return True
    found = importlib.util.find_spec("pydantic_ai")
    folders = [] if found is None else found.submodule_search_locations or []
    file = f"{provider.replace('-', '_')}.py"
    return not file.startswith("_") and any((Path(folder) / "providers" / file).is_file() for folder in folders)
