from pathlib import Path

import pytest

from quadra.errors import SettingsError
from quadra.settings import Settings, describe

VARIABLES = [name for name, _default, _help in describe()]
RATES = [
    name for name in VARIABLES if name.startswith("RATELIMIT_") and name != "RATELIMIT_ENABLED"
]

BAD = [
    ("PORT", "http"),
    ("PORT", "-1"),
    ("PORT", "65536"),
    ("PORT", "5000.0"),
    ("ASYNC_MODE", "asyncio"),
    ("ASYNC_MODE", "Eventlet"),
    ("ROLE", "everything"),
    ("DATABASE_URL", "mysql://localhost/x"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "quadra.db"),
    ("NUM_PROXIES", "-1"),
    ("NUM_PROXIES", "10"),
    ("LOG_LEVEL", "LOUD"),
    ("USE_STRUCTURED_LOGGING", "maybe"),
    ("REDIS_PORT", "0"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "redis://host:6379/x"),
    ("REDIS_SENTINEL_HOSTS", "one:26379,two:port"),
    ("REDIS_MAX_CONNECTIONS", "1"),
    ("REDIS_ENABLED", "perhaps"),
    ("RATELIMIT_ENABLED", "2"),
    *((name, value) for name in RATES for value in ("many", "10", "10 per", "-1 per minute")),
    *(
        (name, value)
        for name in ("HISTORY_URL", "HISTORY_WRITE_URL")
        for value in (
            "store:8428",
            "ftp://store",
            "http://",
            "http://x:0",
            "http://x/?a=1",
            "http://x/#a",
            "http://x y",
            "http://[::1",
        )
    ),
    ("HISTORY_TENANT", "a\nb"),
    ("MAX_BODY_BYTES", "1023"),
    ("MAX_BODY_BYTES", "4MB"),
    ("MAX_UNPACKED_BYTES", "0"),
    ("MAX_SERIES", "99"),
    ("MAX_LABELS", "0"),
    ("MAX_LABELS", "257"),
    ("MAX_CONSOLES", "0"),
]


def test_without_any_variable_the_defaults_of_the_public_contract_hold() -> None:
    found = Settings.from_env({})
    assert ("127.0.0.1", 5000, "production", "eventlet", "all") == (
        found.host,
        found.port,
        found.environment,
        found.async_mode,
        found.role,
    )
    assert (Path("data"), Path("logs")) == (found.data_dir, found.logs_dir)
    assert "sqlite:///data/quadra_matrix.db" == found.database_url
    assert ("", "", (), 0) == (
        found.secret_key,
        found.admin_token,
        found.cors_origins,
        found.num_proxies,
    )
    assert ("INFO", True, "10 per minute") == (
        found.log_level,
        found.ratelimit_enabled,
        found.ratelimit_heavy,
    )


@pytest.mark.parametrize(("name", "default", "text"), describe(), ids=VARIABLES)
def test_every_default_may_be_given_and_means_the_same(name: str, default: str, text: str) -> None:
    assert Settings.from_env({}) == Settings.from_env({name: default})
    assert text


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_is_as_good_as_none(name: str) -> None:
    assert Settings.from_env({}) == Settings.from_env({name: "  "})


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_refused_with_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({name: value})
    assert caught.value.detail.startswith(f"{name}={value!r}: ")
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("name", ["QUADRA_TOKEN", "QUADRA_PORT", "QUADRA_", "QUADRA_admin_token"])
def test_an_unknown_name_with_our_prefix_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: no such setting.*QUADRA_ADMIN_TOKEN"):
        Settings.from_env({name: "x"})


def test_other_peoples_variables_are_no_matter_of_ours() -> None:
    assert Settings.from_env({}) == Settings.from_env({"PATH": "/bin", "QUADRATIC": "x"})


@pytest.mark.parametrize("value", ["1", "true", "Yes", "ON"])
def test_a_flag_may_be_written_in_the_usual_ways(value: str) -> None:
    assert Settings.from_env({"USE_STRUCTURED_LOGGING": value}).use_structured_logging


@pytest.mark.parametrize("value", ["0", "False", "no", "off"])
def test_a_flag_may_be_lowered_in_the_usual_ways(value: str) -> None:
    assert not Settings.from_env({"USE_STRUCTURED_LOGGING": value}).use_structured_logging


@pytest.mark.parametrize(
    "value",
    [
        "10 per minute", "100 per hour", "1000 per hour", "200 per day", "5/second",
        "1000 per 1 hour", "3 PER DAY",
    ],
)  # fmt: skip
def test_a_rate_is_written_as_flask_limiter_reads_it(value: str) -> None:
    assert value == Settings.from_env({"RATELIMIT_HEAVY": value}).ratelimit_heavy


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgres_address_may_have_any_of_its_usual_schemes(scheme: str) -> None:
    found = Settings.from_env({"DATABASE_URL": f"{scheme}://u:p@h:5/n?sslmode=require"})
    assert "postgresql+psycopg://u:p@h:5/n?sslmode=require" == found.database_url


def test_the_database_lies_in_the_data_folder_unless_told_otherwise() -> None:
    assert (
        "sqlite:////srv/q/quadra_matrix.db"
        == Settings.from_env({"DATA_DIR": "/srv/q"}).database_url
    )
    elsewhere = Settings.from_env({"DATA_DIR": "/srv/q", "DATABASE_URL": "sqlite:////other.db"})
    assert "sqlite:////other.db" == elsewhere.database_url


def test_lists_are_split_at_commas() -> None:
    found = Settings.from_env({"ALLOWED_HOSTS": " a.example , ,b.example"})
    assert ("a.example", "b.example") == found.allowed_hosts


def test_sentinel_needs_its_hosts() -> None:
    with pytest.raises(SettingsError, match="REDIS_SENTINEL_HOSTS"):
        Settings.from_env({"REDIS_USE_SENTINEL": "true"})


def test_the_password_of_redis_shows_nowhere() -> None:
    url = "redis://me:hunter2@host:6379/1"
    found = Settings.from_env({"REDIS_URL": url, "REDIS_PASSWORD": "hunter2"})
    assert "hunter2" not in str(found.masked())
    assert (url, "hunter2") == (found.redis()["REDIS_URL"], found.redis()["REDIS_PASSWORD"])
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"REDIS_URL": "redis://me:hunter2@host:6379/x/y"})
    assert "hunter2" not in caught.value.detail


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings.from_env({}).port = 1  # type: ignore[misc]


def test_an_admin_token_too_short_to_open_anything_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"QUADRA_ADMIN_TOKEN": "hunter2"})
    assert caught.value.detail.startswith("QUADRA_ADMIN_TOKEN=")
    assert "hunter2" not in caught.value.detail


# --- what `config show` shows


def test_every_setting_is_shown_by_the_name_of_its_variable() -> None:
    assert VARIABLES == list(Settings.from_env({}).masked())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hunter2hunter2hunter2"),
        ("QUADRA_ADMIN_TOKEN", "hunter2hunter2hunter2"),
        ("DATABASE_URL", "postgresql://me:hunter2hunter2hunter2@db/quadra"),
        ("DATABASE_URL", "postgresql://me:hunter2hunter2hunter2%40x@db/quadra"),
        ("DATABASE_URL", "postgresql://db/quadra?user=me&password=hunter2hunter2hunter2"),
        ("HISTORY_URL", "http://me:hunter2hunter2@store:8428/prometheus"),
        ("HISTORY_URL", "https://hunter2hunter2@store"),
        ("HISTORY_WRITE_URL", "https://me:hunter2@hunter2@store/api/v1/push"),
        ("HISTORY_TOKEN", "hunter2hunter2"),
    ],
)
def test_secrets_are_masked(name: str, value: str) -> None:
    shown = Settings.from_env({name: value}).masked()
    assert "hunter2" not in "\n".join(shown.values())
    assert "********" in shown[name]


def test_a_secret_that_is_not_set_is_shown_as_that() -> None:
    assert "" == Settings.from_env({}).masked()["SECRET_KEY"]


def test_what_is_shown_can_be_given_back() -> None:
    given = Settings.from_env(
        {"ALLOWED_HOSTS": "a,b", "RATELIMIT_ENABLED": "false", "PORT": "7", "DATA_DIR": "/x"}
    )
    assert given == Settings.from_env(given.masked())


def test_a_bad_token_is_named_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="HISTORY_TOKEN") as caught:
        Settings.from_env({"HISTORY_TOKEN": "hunter2\u00e9"})
    assert "hunter2" not in caught.value.detail


def test_a_bad_address_of_the_history_store_is_named_without_its_password() -> None:
    with pytest.raises(SettingsError, match="HISTORY_URL") as caught:
        Settings.from_env({"HISTORY_URL": "http://me:hunter2@store/?x=1"})
    assert "hunter2" not in caught.value.detail


def test_the_address_of_the_history_store_is_shown_whole_where_it_holds_no_secret() -> None:
    shown = Settings.from_env({"HISTORY_URL": "http://store:8428/prometheus"}).masked()
    assert "http://store:8428/prometheus" == shown["HISTORY_URL"]
