"""Names of environment variables that hold secrets.

A path or an everyday word must not count as a secret: it would be masked wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from surefoot.core.regex import regex

_SECRET = regex(
    r"(?:^|_)(?:[A-Z0-9]*(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE)S?|CREDENTIALS?|CREDS?|AUTH|PASS|PAT|PWD|DSN"
    r"|[A-Z0-9]*APIKEY|(?:API|PRIVATE|ACCESS|SECRET|SIGNING|ENCRYPTION|MASTER|DEPLOY|ACCOUNT|LICENSE|SSH|GPG)_?KEY"
    r"|[A-Z0-9]+_KEY)(?:_[A-Z0-9]{1,3}|_BASE64|_JSON)?$|(?:^|_)BEARER_TOKEN_"
)
_OTHER = regex(
    r"(?:^|_)(?:ID|SOCK|FILE|PATH|DIR|HOME|HOST|PORT|URL|URI|USER|USERNAME|NAME|TYPE|METHOD|MODE|TTL|ENABLED|PUBLIC_KEY)$"
)
"""Ends of names that say the value is something about a secret."""
_NO_SECRET = frozenset({"PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY", "AUTH", "TERM_SESSION_ID"})
_LEAST = 8
_WORD_MAX = 12
_PLACE = regex(r"(?:~|\.{0,2}/|[A-Za-z]:\\|file:)")
_ADDRESS = regex(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_IN_URL = regex(r"://[^\s/@:]*:([^\s/@]+)@")
_DUMMIES = frozenset(
    {"changeme", "change-me", "password123", "not-a-secret", "placeholder", "development", "production"}
)


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of that name may hold a secret."""
    name = name.upper()
    return name not in _NO_SECRET and _OTHER.search(name) is None and _SECRET.search(name) is not None


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of an environment that look secret: by the variable's name, or as the password in a URL."""
    found: list[str] = []
    for name, value in environ.items():
        for password in _IN_URL.findall(value):
            found += (each for each in (password, unquote(password)) if _is_telling(each))
        if is_secret_name(name) and _is_telling(value.strip()) and _ADDRESS.match(value) is None:
            found.append(value.strip())
    return tuple(dict.fromkeys(found))


def _is_telling(value: str) -> bool:
    """Tell whether a value would be missed: it is no path, no number, no word that stands everywhere."""
    if len(value) < _LEAST or value.casefold() in _DUMMIES or _PLACE.match(value):
        return False
    is_word = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return not (len(value) < _WORD_MAX and (is_word or value.isdigit()))
