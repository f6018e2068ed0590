"""Addresses of which a part, such as the password, is in a variable, completed just before use."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote, urlsplit

from surefoot.core.probe_kinds import VARIABLE
from surefoot.core.record import record
from surefoot.masking import Masker


@record(kw_only=False)
class Address:
    """An address that can be used."""

    text: str
    """The whole of it."""
    masker: Masker
    """Masks what a variable has put in."""


def whole(address: str) -> Address:
    """Return the address with its variable filled in: `$NAME` alone, or as the password.

    Raises:
        LookupError: the variable is not set; the message says so.
        ValueError: it is no address.
    """
    match = VARIABLE.fullmatch(address)
    if match is not None:
        text = _value_of(match[1])
        password = urlsplit(text).password or ""
        return Address(text, Masker((text, password, unquote(password))))
    parts = urlsplit(address)
    match = VARIABLE.fullmatch(parts.password or "")
    if match is None:
        return Address(address, Masker(()))
    password = _value_of(match[1])
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:{quote(password, safe='')}@{host}"
    return Address(parts._replace(netloc=netloc).geturl(), Masker((password,)))


def shown(address: str) -> str:
    """Return the address without user, password and query: what is shown and journaled shall hold no token."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(not a URL)"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _value_of(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise LookupError(f"{name} is not set in the environment Surefoot was started in; set it")
    return value
