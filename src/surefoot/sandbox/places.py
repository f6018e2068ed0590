"""The table of places where a person's home keeps secrets: keys, credentials, browsers, keyrings, histories."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

PLACES: Mapping[str, str] = {
    "keys and logins": """
        .ssh .gnupg .netrc _netrc .authinfo .authinfo.gpg .git-credentials .gitcookies .gitconfig .config/git/config
        .config/git/credentials .config/gh .config/glab-cli .config/glab .config/hub .config/tea .config/lab
        .config/bb .config/jira .config/.jira .jira.d .config/linear .config/sops .config/age .sops .age
        .local/share/gnupg .putty .step .acme.sh .lego .wireguard .openvpn .smbcredentials .davfs2 .vnc .Xauthority
        .ICEauthority .config/filezilla .config/remmina .local/share/remmina .config/syncthing
        .local/state/syncthing .config/restic .config/borg .tsh
    """,
    "coding agents": """
        .claude .claude.json .config/claude .config/Claude .config/anthropic .codex .config/codex .gemini
        .config/gemini .config/github-copilot .copilot .config/copilot .cursor .config/cursor
        .config/Cursor/User/globalStorage .cursor-server/data/User/globalStorage .config/Code/User/globalStorage
        .vscode-server/data/User/globalStorage .config/VSCodium/User/globalStorage
        .config/Windsurf/User/globalStorage .windsurf .codeium .continue .cline .roo .aider.conf.yml
        .aider.input.history .aider.chat.history.md .aider .config/opencode .local/share/opencode
        .local/state/opencode .config/goose .local/share/goose .local/state/goose .config/amp .local/share/amp
        .config/crush .local/share/crush .qwen .kimi .grok .kiro .factory .openhands .augment .amazonq .junie
        .codebuddy .config/zed .local/share/zed .config/io.datasette.llm .config/aichat .config/mods
        .config/shell_gpt .config/openai
    """,
    "clouds": """
        .aws .azure .azd .config/gcloud .config/azure .oci .bluemix .aliyun .tccli .config/yandex-cloud .config/scw
        .config/hcloud .config/linode-cli .vultr-cli.yaml .config/vultr-cli .config/exoscale .ovh.conf .config/doctl
        .fly .render .railway .supabase .config/supabase .config/heroku .local/share/heroku .config/netlify .netlify
        .local/share/com.vercel.cli .config/com.vercel.cli .config/.wrangler .wrangler .cloudflared
        .config/cloudflared .config/stripe .config/configstore .config/firebase .expo .config/ngrok .ngrok2
        .sentryclirc .config/turso .config/planetscale .config/neonctl .config/rclone .s3cfg .boto .mc
        .config/doppler .doppler .infisical .modal.toml .config/wandb .kaggle .config/kaggle .huggingface
        .config/huggingface .cache/huggingface/token .cache/huggingface/stored_tokens .snowflake .config/snowflake
        .snowsql .databrickscfg .databricks
    """,
    "infrastructure": """
        .kube .config/helm .minikube .talos .config/argocd .rancher .docker .config/containers/auth.json
        .local/share/containers/auth.json .terraform.d .terraformrc .tofurc .pulumi .vault-token .consul-token
        .nomad-token .ansible .vault_pass .ansible_vault_password .chef .circleci .travis .jenkins-cli .jfrog
    """,
    "registries": """
        .npmrc .yarnrc .yarnrc.yml .bunfig.toml .config/pnpm .pypirc .pip/pip.conf .config/pip/pip.conf
        .config/uv/uv.toml .local/share/uv/credentials .config/pypoetry/auth.toml .config/hatch
        .local/share/hatch/publish .config/pdm .condarc .cargo/credentials .cargo/credentials.toml .gem/credentials
        .local/share/gem/credentials .bundle/config .composer/auth.json .config/composer/auth.json
        .nuget/NuGet/NuGet.Config .config/NuGet/NuGet.Config .m2/settings.xml .m2/settings-security.xml
        .gradle/gradle.properties .sbt/credentials .sbt/.credentials .ivy2/.credentials .config/coursier .hex
        .config/hex .pub-cache/credentials.json .config/dart .conan2/credentials.json .luarocks/upload_config.lua
        .Renviron .julia/servers .pause
    """,
    "databases": """
        .pgpass .pg_service.conf .my.cnf .mylogin.cnf .mongorc.js .mongodb .dbshell .redisclirc .clickhouse-client
        .cassandra .influxdbv2 .usqlpass .odbc.ini .dbt/profiles.yml .bigqueryrc .config/pgcli .config/mycli
        .local/share/DBeaverData
    """,
    "browsers, mail and messengers": """
        .mozilla .librewolf .waterfox .zen .config/mozilla .config/google-chrome .config/google-chrome-beta
        .config/google-chrome-unstable .config/chromium .config/BraveSoftware .config/microsoft-edge .config/vivaldi
        .config/opera .thunderbird .local/share/evolution .mutt .muttrc .config/mutt .config/neomutt .msmtprc
        .config/msmtp .mbsyncrc .offlineimaprc .fetchmailrc .config/aerc .config/Slack .config/discord
        .config/Signal .config/Element .purple .local/share/TelegramDesktop .weechat .config/weechat .irssi .var/app
        snap/firefox snap/chromium snap/thunderbird Library/Keychains Library/Application\\ Support/Google/Chrome
    """,
    "keyrings, password stores and wallets": """
        .local/share/keyrings .local/share/kwalletd .local/share/pki .pki .password-store
        .local/share/password-store .local/share/gopass .config/gopass .1password .op .config/op .config/1Password
        .bitwarden .config/Bitwarden .config/Bitwarden\\ CLI .config/rbw .lpass .config/lpass .local/share/lpass
        .config/keepassxc .config/Yubico .bitcoin .ethereum .electrum .config/solana
    """,
    "histories": """
        .bash_history .bash_sessions .zsh_history .zsh_sessions .zhistory .histfile .sh_history .ash_history
        .ksh_history .config/fish/fish_history .local/share/fish/fish_history .config/nushell .local/share/xonsh
        .local/share/powershell/PSReadLine .local/share/atuin .config/atuin .local/share/mcfly .python_history
        .ipython/profile_default/history.sqlite .node_repl_history .irb_history .pry_history .local/share/irb
        .local/share/pry .Rhistory .julia/logs .php_history .gdb_history .scala_history .ghc/ghci_history
        .psql_history .mysql_history .mariadb_history .sqlite_history .duckdb_history .rediscli_history
        .usql_history .clickhouse-client-history .lesshst .local/state/lesshst .local/state/bash .local/state/zsh
        .viminfo .local/share/nvim/shada .local/state/nvim/shada
    """,
    "start of shells": """
        .profile .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .zshrc .zshenv .zprofile .zlogin
        .kshrc .config/fish/config.fish .config/fish/conf.d .config/fish/fish_variables .xprofile .pam_environment
        .config/environment.d .env .envrc .secrets .config/direnv
    """,
}
"""Places below the home by what they hold; a space within a name has a backslash before it."""

_MOVED = (
    (".cache/huggingface", "HF_HOME"),
    (".cargo", "CARGO_HOME"),
    (".claude", "CLAUDE_CONFIG_DIR"),
    (".codex", "CODEX_HOME"),
    (".composer", "COMPOSER_HOME"),
    (".gradle", "GRADLE_USER_HOME"),
    (".ipython", "IPYTHONDIR"),
    (".pulumi", "PULUMI_HOME"),
    (".config", "XDG_CONFIG_HOME"),
    (".local/share", "XDG_DATA_HOME"),
    (".local/state", "XDG_STATE_HOME"),
)
"""Folders of the table that variables can move; both are hidden then, for the old one may still hold something."""

NAMED_BY = (
    *("GNUPGHOME", "NETRC", "PGPASSFILE", "PASSWORD_STORE_DIR", "HISTFILE", "KUBECONFIG", "DOCKER_CONFIG"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AZURE_CONFIG_DIR", "CLOUDSDK_CONFIG", "GH_CONFIG_DIR"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "RCLONE_CONFIG", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig"),
    *("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "SOPS_AGE_KEY_FILE", "HF_TOKEN_PATH", "GLAB_CONFIG_DIR", "BOTO_CONFIG"),
    *("OCI_CLI_CONFIG_FILE", "TF_CLI_CONFIG_FILE", "REGISTRY_AUTH_FILE", "HELM_CONFIG_HOME", "FLY_CONFIG_DIR"),
    *("SNOWFLAKE_HOME", "DATABRICKS_CONFIG_FILE", "KAGGLE_CONFIG_DIR", "BUNDLE_USER_CONFIG", "PGSERVICEFILE"),
    *("GIT_CONFIG_GLOBAL", "GOPASS_HOMEDIR", "PSQL_HISTORY", "MYSQL_HISTFILE", "SQLITE_HISTORY", "REDISCLI_HISTFILE"),
    *("PYTHON_HISTORY", "NODE_REPL_HISTORY", "LESSHISTFILE", "XAUTHORITY"),
)
"""Variables that say where such a place is, when it is not where it usually is."""


def names_of(group: str) -> tuple[str, ...]:
    """Return the places of one group, each as a path below the home."""
    words = PLACES[group].replace("\\ ", "\0").split()
    return tuple(word.replace("\0", " ") for word in words)


_NAMES = tuple(name for group in PLACES for name in names_of(group))


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the home of whoever started Surefoot."""
    return Path(environ.get("HOME") or "/")


def secret_places(environ: Mapping[str, str], more: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return the places that exist, as they are named: those of the table, those that variables name, and `more`.

    The home of `environ` is looked at, and the one that the password database has for the user, if that is another.
    """
    named = dict.fromkeys((*_places(environ), *map(str, more)))
    return tuple(Path(place) for place in named if _holds_something(place))


def hidden_places(places: Iterable[Path], opened: Iterable[Path]) -> tuple[Path, ...]:
    """Return what is hidden of `places`: all but those that are opened, by themselves or with a folder round them."""
    open_ = {Path(os.path.realpath(path)) for path in opened}
    real = {place: Path(os.path.realpath(place)) for place in places}
    return tuple(place for place, path in real.items() if open_.isdisjoint((path, *path.parents)))


def _holds_something(place: str) -> bool:
    """Tell whether there is a folder or a file: histories are often sent to `/dev/null`, which commands need."""
    try:
        mode = os.stat(place).st_mode  # noqa: PTH116 - hundreds of them before each command
    except OSError:
        return False
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode)


def _places(environ: Mapping[str, str]) -> Iterator[str]:
    homes = [home_of(environ)]
    with suppress(KeyError):
        homes.append(Path(pwd.getpwuid(os.getuid()).pw_dir))
    for home in dict.fromkeys(homes):
        if len(home.parts) > 1:
            yield from (f"{home}/{name}" for name in _NAMES)
    for folder, variable in _MOVED:
        moved = environ.get(variable, "").rstrip("/")
        if moved.startswith("/"):
            yield from (moved + name.removeprefix(folder) for name in _NAMES if f"{name}/".startswith(f"{folder}/"))
    for variable in NAMED_BY:
        yield from (value for value in environ.get(variable, "").split(":") if value.startswith("/") and value != "/")
