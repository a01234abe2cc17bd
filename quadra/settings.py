"""All configuration, read once from the environment, frozen, and loud about mistakes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from quadra import setting_values as values
from quadra.env_file import load_env_file
from quadra.errors import SettingsError

Role = Literal["all", "web", "worker"]
LogSchema = Literal["quadra", "ecs"]
LogConsole = Literal["text", "json"]
AsyncMode = Literal["eventlet", "gevent", "threading"]

_SECRETS = {
    "SECRET_KEY",
    "OIDC_CLIENT_SECRET",
    "QUADRA_ADMIN_TOKEN",
    "HISTORY_TOKEN",
    "REDIS_PASSWORD",
    "SLACK_WEBHOOK_URL",
}
_ADDRESSES = {"HISTORY_URL", "HISTORY_WRITE_URL", "REDIS_URL"}
_CREDENTIALS = re.compile(r"(://).*(?=@)")
_MASK = "********"
_PASSWORDS = re.compile(r"((?:://[^:/@]*:)|(?:[?&][^=&]*pass[^=&]*=))[^@&]+", re.IGNORECASE)


def _env(name: str, default: str | None, parse: Callable[[str], Any], text: str) -> Any:
    return field(metadata={"env": name, "default": default, "parse": parse, "help": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; the help texts are the ones the README shows."""

    env_file: str = _env(
        "ENV_FILE",
        "",
        values.text,
        "file of settings as NAME=value; `.env` beside app.py when absent. The environment wins",
    )
    host: str = _env("HOST", "127.0.0.1", values.text, "address to listen on")
    port: int = _env("PORT", "5000", values.number(0, 65535), "port to listen on")
    environment: str = _env(
        "ENVIRONMENT", "production", values.text, "name of this installation, in logs and console"
    )
    async_mode: AsyncMode = _env(
        "ASYNC_MODE",
        "eventlet",
        values.choice("eventlet", "gevent", "threading"),
        "the event loop: eventlet, gevent or threading",
    )
    role: Role = _env(
        "ROLE",
        "all",
        values.choice("all", "web", "worker"),
        "what this process does: web serves, worker seals history, all starts a worker beside it",
    )
    data_dir: Path = _env("DATA_DIR", "data", values.path, "folder for the database and secrets")
    logs_dir: Path = _env("LOGS_DIR", "logs", values.path, "folder for log files")
    backup_dir: Path = _env("BACKUP_DIR", "backups", values.path, "folder for backups")
    backup_retention: float | None = _env(
        "BACKUP_RETENTION",
        "30d",
        values.kept_for,
        "age at which backups are removed, but never the newest good one; 0 keeps them for good",
    )
    backup_encrypt_to: str = _env(
        "BACKUP_ENCRYPT_TO",
        "",
        values.recipient,
        "encrypt backups to this age recipient (age1…, ssh-…) or GPG key",
    )
    backup_identity: Path | None = _env(
        "BACKUP_IDENTITY",
        "",
        lambda value: values.path(value) if value else None,
        "file of the age identity that opens encrypted backups, to check and restore them",
    )
    models_dir: Path = _env(
        "MODELS_DIR",
        "",
        lambda value: Path(value).expanduser() if value else None,
        "folder for the field's saved versions; `models` in DATA_DIR when absent",
    )
    database_url: str = _env(
        "DATABASE_URL",
        "",
        lambda value: values.database(value) if value else "",
        "sqlite:///FILE or postgresql://…; without it, quadra_matrix.db in DATA_DIR",
    )
    secret_key: str = _env(
        "SECRET_KEY",
        "",
        values.text,
        "signs what browsers hold, seals secrets; made and kept in DATA_DIR when absent",
    )
    admin_token: str = _env(
        "QUADRA_ADMIN_TOKEN",
        "",
        values.token,
        "the administrator's token; made and kept in DATA_DIR/admin-token when absent",
    )
    allowed_hosts: tuple[str, ...] = _env(
        "ALLOWED_HOSTS",
        "",
        values.items,
        "further host names this server answers to, by comma (addresses, localhost and this "
        "machine's name always work)",
    )
    cors_origins: tuple[str, ...] = _env(
        "CORS_ORIGINS", "", values.items, "other origins whose pages may call the API, by comma"
    )
    num_proxies: int = _env(
        "NUM_PROXIES",
        "0",
        values.number(0, 9),
        "reverse proxies in front, whose X-Forwarded-* count",
    )
    log_level: str = _env("LOG_LEVEL", "INFO", values.level, "DEBUG, INFO, WARNING or ERROR")
    use_structured_logging: bool = _env(
        "USE_STRUCTURED_LOGGING", "true", values.flag, "write JSON log files into LOGS_DIR"
    )
    log_schema: LogSchema = _env(
        "LOG_SCHEMA",
        "quadra",
        values.choice("quadra", "ecs"),
        "names of the fields in JSON lines: Quadra's own, or ecs for Elastic's common schema",
    )
    log_console: LogConsole = _env(
        "LOG_CONSOLE",
        "text",
        values.choice("text", "json"),
        "what is logged on the console: text for people, warnings alone while there are files; "
        "or json, every line",
    )
    redis_enabled: bool = _env(
        "REDIS_ENABLED", "false", values.flag, "several processes tell each other through Redis"
    )
    redis_url: str = _env(
        "REDIS_URL",
        "",
        values.redis,
        "redis://… or rediss://…, in place of the five settings below",
    )
    redis_host: str = _env("REDIS_HOST", "localhost", values.text, "where Redis is")
    redis_port: int = _env("REDIS_PORT", "6379", values.number(1, 65535), "its port")
    redis_password: str = _env("REDIS_PASSWORD", "", values.text, "its password")
    redis_db: int = _env("REDIS_DB", "0", values.number(0, 10_000), "number of the database in it")
    redis_ssl: bool = _env("REDIS_SSL", "false", values.flag, "speak TLS with it")
    redis_ssl_ca: str = _env(
        "REDIS_SSL_CA",
        "",
        values.text,
        "file of the certificates that vouch for it; else the machine's",
    )
    redis_max_connections: int = _env(
        "REDIS_MAX_CONNECTIONS", "50", values.number(4, 10_000), "connections to it a process"
    )
    redis_use_sentinel: bool = _env(
        "REDIS_USE_SENTINEL", "false", values.flag, "ask Sentinel which Redis is the master"
    )
    redis_sentinel_hosts: tuple[str, ...] = _env(
        "REDIS_SENTINEL_HOSTS", "", values.hosts, "the sentinels, as host:port by comma"
    )
    redis_sentinel_master: str = _env(
        "REDIS_SENTINEL_MASTER", "mymaster", values.text, "what the sentinels call the master"
    )
    slack_webhook_url: str = _env(
        "SLACK_WEBHOOK_URL",
        "",
        values.text,
        "address of a Slack webhook; makes the channel `slack`",
    )
    webhook_allow_private: bool = _env(
        "WEBHOOK_ALLOW_PRIVATE",
        "false",
        values.flag,
        "let channels have private and loopback addresses",
    )
    deadman_after: float = _env(
        "DEADMAN_AFTER",
        "2m",
        values.span,
        "every channel is told when rules have not been evaluated for so long; 0 for never",
    )
    public_url: str = _env(
        "PUBLIC_URL",
        "",
        lambda value: value.rstrip("/"),
        "address at which people reach the console, for links in messages; http://HOST:PORT "
        "when absent",
    )
    oidc_issuer: str = _env(
        "OIDC_ISSUER",
        "",
        values.web_address,
        "OpenID provider that people may sign in with: [docs/security.md](docs/security.md)",
    )
    oidc_client_id: str = _env("OIDC_CLIENT_ID", "", values.text, "what it calls this installation")
    oidc_client_secret: str = _env(
        "OIDC_CLIENT_SECRET", "", values.text, "the secret it gave to this installation"
    )
    oidc_role_claim: str = _env(
        "OIDC_ROLE_CLAIM",
        "groups",
        values.text,
        "claim that says what somebody may; a.b for b within a",
    )
    oidc_roles: tuple[tuple[str, str], ...] = _env(
        "OIDC_ROLES",
        "",
        values.roles,
        "its values and their roles, such as ops=admin,ml=editor,*=viewer",
    )
    ratelimit_enabled: bool = _env(
        "RATELIMIT_ENABLED", "true", values.flag, "apply the limits below"
    )
    ratelimit_read: str = _env("RATELIMIT_READ", "1200 per minute", values.rate, "reading the API")
    ratelimit_write: str = _env("RATELIMIT_WRITE", "120 per minute", values.rate, "changing things")
    ratelimit_ingest: str = _env(
        "RATELIMIT_INGEST", "120000 per minute", values.rate, "requests that send samples"
    )
    ratelimit_heavy: str = _env("RATELIMIT_HEAVY", "10 per minute", values.rate, "expensive work")
    ratelimit_login: str = _env(
        "RATELIMIT_LOGIN", "20 per minute", values.rate, "sign-ins and wrong credentials an address"
    )
    ratelimit_connect: str = _env(
        "RATELIMIT_CONNECT", "240 per minute", values.rate, "live connections opened by an address"
    )
    retention_raw: float | None = _env(
        "RETENTION_RAW",
        "90d",
        values.kept_for,
        "age at which samples are dropped; 0 keeps them for good",
    )
    retention_rollup: float | None = _env(
        "RETENTION_ROLLUP",
        "90d",
        values.kept_for,
        "age at which rollups, of minutes and of hours alike, are dropped; 0 keeps them for good",
    )
    disk_budget: str = _env(
        "DISK_BUDGET",
        "95%",
        values.disk_budget,
        "what history may take: bytes such as 20GB, or a share of its file system; nearing it is "
        "said in /ready, /api/v1/status and the log",
    )
    history_url: str = _env(
        "HISTORY_URL",
        "",
        values.web_address,
        "a Prometheus-compatible store that keeps the samples and answers PromQL below "
        "/api/v1: [docs/scaling.md](docs/scaling.md)",
    )
    history_write_url: str = _env(
        "HISTORY_WRITE_URL",
        "",
        values.web_address,
        "where that store takes remote write, when not at HISTORY_URL + /api/v1/write",
    )
    history_token: str = _env(
        "HISTORY_TOKEN",
        "",
        values.header,
        "bearer token for that store, in place of USER:PASSWORD@",
    )
    history_tenant: str = _env(
        "HISTORY_TENANT", "", values.header, "X-Scope-OrgID for that store, where it has tenants"
    )
    max_body_bytes: int = _env(
        "MAX_BODY_BYTES", "4194304", values.number(1_024, 1 << 30), "largest request body, as sent"
    )
    max_unpacked_bytes: int = _env(
        "MAX_UNPACKED_BYTES", "8388608", values.number(1_024, 1 << 30), "largest body, decompressed"
    )
    max_series: int = _env(
        "MAX_SERIES", "100000", values.number(100, 50_000_000), "series this installation keeps"
    )
    max_series_per_token: str = _env(
        "MAX_SERIES_PER_TOKEN",
        "90%",
        values.share,
        "series that one token may bring: a number, or a share of MAX_SERIES, so that none can "
        "take the others' place",
    )
    max_labels: int = _env("MAX_LABELS", "32", values.number(1, 256), "labels on a series")
    max_consoles: int = _env(
        "MAX_CONSOLES", "5000", values.number(1, 100_000), "live connections at once"
    )
    live_frames_per_second: int = _env(
        "LIVE_FRAMES_PER_SECOND",
        "10",
        values.number(1, 1_000),
        "frames that a console is sent in a steady stream; fewer while the server is busy",
    )
    rules_dir: Path | None = _env(
        "RULES_DIR",
        "",
        lambda value: values.path(value) if value else None,
        "folder of alert rules as YAML files, read again when they change",
    )
    scrape_file: str = _env(
        "SCRAPE_FILE",
        "",
        values.text,
        "JSON file of targets to scrape, as Prometheus's file_sd reads it",
    )
    scrape_allow_private: bool = _env(
        "SCRAPE_ALLOW_PRIVATE",
        "false",
        values.flag,
        "let scrape targets have private and loopback addresses",
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment, with ENV_FILE added; or what is given.

        Raises SettingsError with the variable's name and the mend.
        """
        if env is None:
            load_env_file()
            env = os.environ
        known = {f.metadata["env"] for f in fields(cls)}
        for name in sorted(env):
            if name.startswith("QUADRA_") and name not in known:
                allowed = ", ".join(sorted(n for n in known if n.startswith("QUADRA_")))
                msg = f"{name}: no such setting. Known with this prefix: {allowed}."
                raise SettingsError(msg)
        values = {f.name: _read(f, env) for f in fields(cls)}
        if not values["database_url"]:
            values["database_url"] = f"sqlite:///{values['data_dir']}/quadra_matrix.db"
        values["models_dir"] = values["models_dir"] or values["data_dir"] / "models"
        if values["redis_use_sentinel"] and not values["redis_sentinel_hosts"]:
            msg = "REDIS_SENTINEL_HOSTS: name the sentinels, as host:port by comma."
            raise SettingsError(msg)
        if values["oidc_issuer"] and not (values["oidc_client_id"] and values["oidc_roles"]):
            msg = "OIDC_CLIENT_ID, OIDC_ROLES: both are needed with OIDC_ISSUER."
            raise SettingsError(msg)
        return cls(**values)

    def redis(self) -> dict[str, str]:
        """Give the REDIS_* settings by their variables' names, as utils.redis_config does."""
        found = {}
        for f in fields(self):
            name, value = f.metadata["env"], getattr(self, f.name)
            if name.startswith("REDIS_"):
                found[name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return found

    def masked(self) -> dict[str, str]:
        """Give every setting by its variable's name, with secrets and passwords masked."""
        shown = {}
        for f in fields(self):
            name, value = f.metadata["env"], getattr(self, f.name)
            if name in _SECRETS:
                shown[name] = _MASK if value else ""
            elif name in _ADDRESSES:
                shown[name] = _CREDENTIALS.sub(rf"\g<1>{_MASK}", value)
            elif name == "DATABASE_URL":
                shown[name] = _PASSWORDS.sub(rf"\g<1>{_MASK}", value)
            elif f.metadata["parse"] is values.roles:
                shown[name] = ",".join(f"{held}={role}" for held, role in value)
            elif isinstance(value, tuple):
                shown[name] = ",".join(value)
            elif f.metadata["parse"] is values.span:
                shown[name] = f"{value:.0f}s"
            elif f.metadata["parse"] is values.kept_for:
                shown[name] = "0" if value is None else f"{value:.0f}s"
            elif value is None:
                shown[name] = ""
            else:
                shown[name] = str(value).lower() if isinstance(value, bool) else str(value)
        return shown

    @property
    def series_of_a_token(self) -> int:
        """How many series one token may bring."""
        given = self.max_series_per_token
        if not given.endswith("%"):
            return int(given)
        return max(self.max_series * int(given[:-1]) // 100, 1)

    @property
    def admin_token_file(self) -> Path:
        """Where the administrator's token is kept when it was not given."""
        return self.data_dir / "admin-token"

    @property
    def first_steps_token_file(self) -> Path:
        """Where the token that the console's snippets show is kept."""
        return self.data_dir / "ingest-token"


def describe() -> list[tuple[str, str, str]]:
    """List all settings as (variable, default, help), in the order of the class."""
    return [
        (f.metadata["env"], f.metadata["default"], f.metadata["help"]) for f in fields(Settings)
    ]


def _read(f: Field[Any], env: Mapping[str, str]) -> Any:
    name, parse = f.metadata["env"], f.metadata["parse"]
    raw = env.get(name, "").strip() or f.metadata["default"]
    try:
        return parse(raw)
    except ValueError as error:
        shown = _MASK if name in _SECRETS else repr(_CREDENTIALS.sub(rf"\g<1>{_MASK}", raw))
        msg = f"{name}={shown}: {error}."
        raise SettingsError(msg) from None
