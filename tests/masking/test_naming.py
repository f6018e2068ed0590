"""Which variables are taken for secrets."""

from __future__ import annotations

import pytest

from surefoot.masking import masker_of, secret_values

VALUE = "s3cr3t-value-of-it"
SECRETS = [
    "GITHUB_TOKEN",
    "TOKEN",
    "MY_SECRET",
    "SECRET_KEY",
    "DB_PASSWORD",
    "PGPASSWORD",
    "MYSQL_PWD",
    "GPG_PASSPHRASE",
    "OPENAI_API_KEY",
    "OPENAI_KEY",
    "APIKEY",
    "AWS_SECRET_ACCESS_KEY",
    "SSH_PRIVATE_KEY",
    "GOOGLE_CREDENTIALS",
    "BASIC_AUTH",
    "NPM_AUTH_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "CLIENT_SECRET",
    "UV_INDEX_OURS_PASSWORD",
    "npm_config__auth",
]
OTHERS = [
    "PATH",
    "PWD",
    "OLDPWD",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "TOKEN_FILE",
    "AUTH_TYPE",
    "SECRET_NAME",
    "AWS_ACCESS_KEY_ID",
    "TOKENIZERS_PARALLELISM",
    "KEYBOARD",
    "MONKEY",
    "AUTHOR",
    "GIT_AUTHOR_NAME",
    "PASSWORD_STORE_DIR",
    "PIP_CERT",
    "COMPASS",
]


@pytest.mark.parametrize(
    "name",
    SECRETS,
)
def test_a_variable_whose_name_says_so_holds_a_secret(name: str) -> None:
    """Whoever set it has called it that."""
    assert secret_values({name: VALUE}) == (VALUE,)


@pytest.mark.parametrize(
    "name",
    OTHERS,
)
def test_other_variables_do_not(name: str) -> None:
    """What is about a secret, or only sounds like one."""
    assert secret_values({name: VALUE}) == ()


@pytest.mark.parametrize(
    "value",
    ["true", "1", "none", "disabled", "postgres", "Required", "changeme", "20261121", "/run/secrets/x", "~/x/y/z/a/b"],
)
def test_everyday_values_are_no_secrets(value: str) -> None:
    """They would be masked wherever they stand."""
    assert secret_values({"DB_PASSWORD": value}) == ()


def test_the_password_in_a_url_is_a_secret() -> None:
    """As it stands there, and as the server sees it."""
    environ = {"DATABASE_URL": "postgres://app:h%40nter-22x@db/app"}
    assert secret_values(environ) == ("h%40nter-22x", "h@nter-22x")


def test_what_an_environment_holds_is_masked() -> None:
    """In all forms in which a declared value is."""
    assert masker_of({"GITHUB_TOKEN": VALUE}).text(f"<{VALUE}>") == "<***>"
