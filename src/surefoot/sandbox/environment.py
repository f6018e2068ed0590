"""The variables of the engine's environment that a command inherits.

Must never let a variable through that is not named here: tokens live in environments.
"""

from __future__ import annotations

from collections.abc import Mapping

from surefoot.search_path import absolute_folders

_INHERITED = frozenset({"PATH", "LANG", "TZ", "TERM", "USER", "LOGNAME", "SHELL"})
_INHERITED_PREFIXES = ("LC_",)
_FIXED = {"PYTHONDONTWRITEBYTECODE": "1", "GIT_TERMINAL_PROMPT": "0"}
_CERTIFICATES = frozenset(
    {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
)
_NETWORK = _CERTIFICATES | frozenset(
    {name for proxy in ("http_proxy", "https_proxy", "no_proxy", "all_proxy") for name in (proxy, proxy.upper())}
)
_NETWORK_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_")
_CACHES = frozenset({"PIP_CACHE_DIR", "UV_CACHE_DIR", "NPM_CONFIG_CACHE", "npm_config_cache"})
"""Caches of the person; commands have their own."""


def command_environment(parent: Mapping[str, str]) -> dict[str, str]:
    """Return what every command gets: the allow-list out of `parent`, and the fixed variables."""
    return _allowed(parent, _INHERITED, _INHERITED_PREFIXES) | _FIXED | {"PATH": absolute_folders(parent)}


def network_environment(parent: Mapping[str, str]) -> dict[str, str]:
    """Return what only commands with the network get: proxies, certificates, settings of pip, uv and npm."""
    found = _allowed(parent, _NETWORK, _NETWORK_PREFIXES)
    return {name: value for name, value in found.items() if name not in _CACHES}


def certificate_environment(parent: Mapping[str, str]) -> dict[str, str]:
    """Return what a program gets that reaches others by a proxy of ours: the certificates to trust."""
    return _allowed(parent, _CERTIFICATES, ())


def _allowed(parent: Mapping[str, str], names: frozenset[str], prefixes: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in parent.items() if name in names or name.startswith(prefixes)}
