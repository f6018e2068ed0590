"""Where a person's home keeps secrets.

Owns the list of places: keys, credentials, browsers, keyrings, histories. Must never read what lies there. Read
`surefoot.sandbox.mounts` and `surefoot.sandbox.landlock` next: they hide it from commands.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_IN_HOME = (
    *(".ssh", ".gnupg", ".git-credentials", ".netrc", "_netrc", ".authinfo", ".authinfo.gpg", ".pgpass", ".my.cnf"),
    *(".aws", ".azure", ".kube", ".docker", ".oci", ".s3cfg", ".boto", ".vault-token", ".terraform.d", ".terraformrc"),
    *(".pypirc", ".npmrc", ".yarnrc.yml", ".pip/pip.conf", ".gem/credentials", ".bundle/config", ".m2/settings.xml"),
    *(".cargo/credentials", ".cargo/credentials.toml", ".gradle/gradle.properties", ".nuget/NuGet/NuGet.Config"),
    *(".mozilla", ".thunderbird", ".password-store", ".bitwarden", ".1password", ".op", ".pki"),
    *(".snowflake", ".databrickscfg", ".kaggle", ".huggingface", ".cache/huggingface/token"),
    *(
        ".bash_history",
        ".zsh_history",
        ".zhistory",
        ".histfile",
        ".sh_history",
        ".python_history",
        ".node_repl_history",
    ),
    *(".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history", ".lesshst", ".viminfo"),
    *("snap/firefox", "snap/chromium", "Library/Keychains", "Library/Application Support/Google/Chrome"),
)
_IN_CONFIGURATION = (
    *("gcloud", "gh", "glab-cli", "hub", "git/credentials", "rclone", "containers/auth.json", "doctl", "heroku"),
    *("pip/pip.conf", "uv/uv.toml", "pypoetry/auth.toml", "helm", "op", "1Password", "Bitwarden", "Bitwarden CLI"),
    *("google-chrome", "google-chrome-beta", "chromium", "BraveSoftware", "microsoft-edge", "vivaldi", "opera"),
    *("mozilla", "sops/age", "age", "huggingface", "stripe", "netlify", "fish/fish_history"),
)
_IN_DATA = (
    *("keyrings", "kwalletd", "gnupg", "password-store", "uv/credentials", "fish/fish_history", "com.vercel.cli"),
    *("containers/auth.json", "pki", "evolution", "TelegramDesktop"),
)
NAMED_BY = (
    *("GNUPGHOME", "NETRC", "PGPASSFILE", "PASSWORD_STORE_DIR", "HISTFILE", "KUBECONFIG", "DOCKER_CONFIG"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AZURE_CONFIG_DIR", "CLOUDSDK_CONFIG", "GH_CONFIG_DIR"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "RCLONE_CONFIG", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig"),
    *("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "SOPS_AGE_KEY_FILE", "HF_TOKEN_PATH"),
)
"""Variables that say where such a place is, when it is not where it usually is."""


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the home of whoever started Surefoot."""
    return Path(environ.get("HOME") or "/")


def secret_places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the places that exist, as they are named.

    The home of `environ` is looked at, and the one that the password database has for the user, if that is another.
    """
    return tuple(place for place in dict.fromkeys(_places(environ)) if place.exists())


def hidden_places(places: Iterable[Path], opened: Iterable[Path]) -> tuple[Path, ...]:
    """Return what is hidden of `places`: all but those that are opened, by themselves or with a folder round them."""
    open_ = {Path(os.path.realpath(path)) for path in opened}
    real = {place: Path(os.path.realpath(place)) for place in places}
    return tuple(place for place, path in real.items() if open_.isdisjoint((path, *path.parents)))


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    home = home_of(environ)
    for each in dict.fromkeys((home, _home_on_record())):
        if each is None or len(each.parts) < 2:
            continue
        yield from (each / name for name in _IN_HOME)
        own: Mapping[str, str] = environ if each == home else {}
        yield from (_folder(own, "XDG_CONFIG_HOME", each / ".config") / name for name in _IN_CONFIGURATION)
        yield from (_folder(own, "XDG_DATA_HOME", each / ".local/share") / name for name in _IN_DATA)
        cargo = _folder(own, "CARGO_HOME", each / ".cargo")
        yield from (cargo / name for name in ("credentials", "credentials.toml"))
    for name in NAMED_BY:
        yield from (Path(value) for value in environ.get(name, "").split(":") if value.startswith("/") and value != "/")


def _home_on_record() -> Path | None:
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return None


def _folder(environ: Mapping[str, str], name: str, usual: Path) -> Path:
    value = environ.get(name, "")
    return Path(value) if value.startswith("/") else usual
