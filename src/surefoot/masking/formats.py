"""The table of key formats: how a key begins, what follows, how far to look.

Ids of git, digests, UUIDs and base64 are no keys: merely random text never counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_WORD = r"[A-Za-z0-9_-]"
_PLAIN = r"[A-Za-z0-9]"
_HEX = r"[0-9a-f]"
_BASE64 = r"[A-Za-z0-9+/=]"
_HEADER = r"[A-Za-z0-9._~+/=:-]"
"""What the value of a header may be made of."""
_IN_URL = r"[^\x00-\x20\x7f\"'<>/@\\`]"
_ANY = r"[\x09-\x7e\x80-\xff]"
_HAS_DIGIT = r"(?=[A-Za-z0-9_-]{0,30}[0-9])"
_EQUALS = r"\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?"
_IS_MIXED = rf"(?={_HEADER}{{0,80}}(?:[0-9=+/]|[a-z][A-Z]))"


@dataclass(frozen=True)
class Format:
    """How the keys of one kind look."""

    name: str
    """What it is, for people."""
    starts: tuple[bytes, ...]
    """Each key begins with one of these, and no other format does."""
    rest: str
    """Expression for what follows, up to where it is certain to be a key. What its first group holds stays readable."""
    within: str
    """Class of all that `rest` can match or look at, but for one character behind it."""
    bytes_max: int
    """So many bytes, the start and one character behind included, does `rest` look at."""
    more: str = ""
    """Expression for one further piece of the key, which may look one character further; pieces may follow without end.
    """
    is_word: bool = False
    """Whether no letter or digit may stand before it: its start is short enough to turn up in words."""
    is_found: bool = True
    """Whether one in a file is worth a word; what documentation and tests are full of is not."""

    @cached_property
    def rest_compiled(self) -> re.Pattern[bytes]:
        """`rest`, to be matched."""
        return re.compile(self.rest.encode("latin-1"))

    @cached_property
    def within_compiled(self) -> re.Pattern[bytes]:
        """`within`, as far as it matters."""
        return re.compile(f"{self.within}{{0,{self.bytes_max}}}".encode("latin-1"))

    @cached_property
    def more_compiled(self) -> re.Pattern[bytes] | None:
        """`more`, as often as it follows."""
        return re.compile(f"(?:{self.more})*".encode("latin-1")) if self.more else None


def _token(name: str, starts: str, piece: str, least: int, *, is_word: bool = False) -> Format:
    """Return the format of a key that is a start and at least so many characters of one class."""
    words = tuple(start.encode() for start in starts.split())
    most = max(map(len, words)) + least + 1
    return Format(
        name, words, rest=f"{piece}{{{least}}}", within=piece, bytes_max=most, more=f"{piece}+", is_word=is_word
    )


def _named(name: str, starts: str, value: str, bytes_max: int, piece: str) -> Format:
    """Return the format of a value that a name stands before; the name stays readable."""
    words = tuple(start.encode() for start in starts.split())
    within = r"[\x09-\x7e]"
    return Format(name, words, rest=f"({_EQUALS}){value}", within=within, bytes_max=bytes_max, more=f"{piece}+")


_LINE = r"(?:[\s\\nr+-]{1,12}[A-Z][A-Za-z-]{3,20}: [ -\[\]-~]{0,80}){0,3}"
"""A line such as `Proc-Type: 4,ENCRYPTED` at the top of a key."""

FORMATS: tuple[Format, ...] = (
    _token("AWS access key", "AKIA ASIA", "[A-Z0-9]", 16, is_word=True),
    _named(
        "AWS secret key",
        "aws_secret_access_key AWS_SECRET_ACCESS_KEY SecretAccessKey",
        "[A-Za-z0-9/+]{40}",
        80,
        _BASE64,
    ),
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", _PLAIN, 36),
    _token("GitHub token", "github_pat_", "[A-Za-z0-9_]", 22),
    _token("GitLab token", "glpat- glptt- gldt- glrt-", _WORD, 20),
    _token("Slack token", "xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- xapp-", "[A-Za-z0-9-]", 20),
    _token("Slack webhook", "hooks.slack.com/services/", "[A-Za-z0-9/]", 30),
    _token("Discord webhook", "discord.com/api/webhooks/ discordapp.com/api/webhooks/", "[A-Za-z0-9_/-]", 60),
    _token("Stripe key", "sk_live_ rk_live_ sk_test_ whsec_", "[A-Za-z0-9+/=]", 16),
    _token("Google API key", "AIza", _WORD, 35, is_word=True),
    _token("Google access token", "ya29.", r"[A-Za-z0-9._-]", 20),
    _token("Google client secret", "GOCSPX-", _WORD, 24),
    _token("npm token", "npm_", _PLAIN, 36, is_word=True),
    _token("registry token", ":_authToken= :_password= :_auth=", "[A-Za-z0-9+/=_.-]", 8),
    _token("PyPI token", "pypi-Ag", _WORD, 50),
    Format(
        "model provider's key",
        (b"sk-",),
        rest=rf"(?:(?:proj|svcacct|admin|ant|or|lf|live|test)-(?={_WORD}{{0,30}}[0-9A-Z]){_WORD}{{16}}"
        rf"|{_HAS_DIGIT}{_PLAIN}{{20}})",
        within=_WORD,
        bytes_max=64,
        more=f"{_WORD}+",
        is_word=True,
    ),
    _token("Groq key", "gsk_", _PLAIN, 40, is_word=True),
    _token("xAI key", "xai-", _PLAIN, 60, is_word=True),
    _token("Hugging Face token", "hf_", _PLAIN, 30, is_word=True),
    Format(
        "SendGrid key",
        (b"SG.",),
        rest=rf"{_WORD}{{16,32}}\.{_WORD}{{16}}",
        within=r"[A-Za-z0-9._-]",
        bytes_max=56,
        more=f"{_WORD}+",
        is_word=True,
    ),
    Format("Twilio key", (b"SK",), rest=f"{_HEX}{{32}}(?!{_PLAIN})", within=_HEX, bytes_max=36, is_word=True),
    _token("Azure storage key", "AccountKey= SharedAccessKey=", r"[A-Za-z0-9+/=%&-]", 40),
    _token("Azure client secret", "7Q~ 8Q~", r"[A-Za-z0-9_.~-]", 31),
    _token("DigitalOcean token", "dop_v1_ doo_v1_", _HEX, 64),
    _token("Docker Hub token", "dckr_pat_", _WORD, 20),
    Format(
        "Telegram bot token",
        (b":AA",),
        rest=rf"(?<=[0-9]{{8}}:AA){_WORD}{{33}}",
        within=_WORD,
        bytes_max=37,
        more=f"{_WORD}+",
    ),
    _token("Vault token", "hvs.", _WORD, 24, is_word=True),
    _token("Grafana token", "glsa_", "[A-Za-z0-9_]", 32),
    _token("age key", "AGE-SECRET-KEY-1", "[A-Z0-9]", 50),
    Format(
        "JSON Web Token",
        (b"eyJ",),
        rest=rf"{_WORD}{{8,480}}\.eyJ{_WORD}{{4}}",
        within=r"[A-Za-z0-9._-]",
        bytes_max=500,
        more=r"[A-Za-z0-9._-]+",
    ),
    Format(
        "private key",
        (b"-----BEGIN ",),
        rest=rf"((?:[A-Z0-9]{{1,10}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----){_LINE}[\s\\nr+-]{{1,24}}[A-Za-z0-9+/]{{32}}",
        within=_ANY,
        bytes_max=500,
        more=r"[A-Za-z0-9+/=\s]+|\\(?=[nr])|(?<=\n)-",
    ),
    Format(
        "authorization",
        (b"uthorization",),
        rest=rf"({_EQUALS}(?:[Bb]earer|[Bb]asic|[Tt]oken|[Bb]ot)[ ]{{1,3}}){_IS_MIXED}{_HEADER}{{8}}",
        within=r"[\x09-\x7e]",
        bytes_max=128,
        more=f"{_HEADER}+",
    ),
    Format(
        "bearer token",
        (b"earer ",),
        rest=rf"()(?={_HEADER}{{0,80}}[0-9]){_HEADER}{{20}}",
        within=_HEADER,
        bytes_max=96,
        more=f"{_HEADER}+",
    ),
    _named("API key", "pi-key pi-Key PI-Key PI-KEY", r"[A-Za-z0-9._~+/=-]{16}", 40, r"[A-Za-z0-9._~+/=-]"),
    Format(
        "password in a URL",
        (b"://",),
        rest=rf"({_IN_URL}{{0,64}}?:)(?![$<{{*]|%[s(]){_IN_URL}{{3,200}}(?=@)",
        within=_IN_URL,
        bytes_max=272,
        is_found=False,
    ),
)
"""All formats."""
