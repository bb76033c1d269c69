"""Configuration: read once from the environment at start-up, then passed on, never looked up.

A wrong or missing variable raises `SettingsError`, whose text is one line that names the variable and never its value.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

Seconds: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Names: TypeAlias = tuple[str, ...]
Origins: TypeAlias = tuple[Annotated[str, msgspec.Meta(pattern=r"^(\*|https?://[^\s/]+)$")], ...]
Mailbox: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)$")]

LOCAL_URL = "http://127.0.0.1:8000"
"""Where a browser finds `quire up`."""


class SettingsError(Exception):
    """A variable is missing or wrong: what to do about it, in one line."""


def read(variable: str, text: str, kind: Any) -> Any:  # Any: a type form such as `Annotated[int, Meta(ge=1)]`
    """One variable as ``kind``; a tuple is read from comma-separated text."""
    value = [part.strip() for part in text.split(",") if part.strip()] if get_origin(kind) is tuple else text
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        what = (
            f"must be one of {', '.join(get_args(kind))}"
            if get_origin(kind) is Literal
            else re.sub(", got .*", "", str(error))
        )
        raise SettingsError(f"{variable}: {what.replace('Expected', 'must be')}") from None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every section; field ``ttl`` of the section ``AUTH`` is ``QUIRE_AUTH_TTL``."""

    prefix: ClassVar[str]

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Convert and validate; raises `SettingsError`."""
        fields = {f"QUIRE_{cls.prefix}_{field.name.upper()}": field for field in msgspec.structs.fields(cls)}
        return cls(**{field.name: read(name, env[name], field.type) for name, field in fields.items() if env.get(name)})


class DatabaseSettings(Settings, frozen=True, kw_only=True):
    """The budget of one process: at most ``pool_size + max_overflow`` connections; times in seconds."""

    prefix = "DB"

    pool_size: Count = 20
    max_overflow: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 10
    read_pool_size: Count = 10
    """Connections beside these that only read."""
    pool_timeout: Seconds = 2.0
    statement_timeout: Seconds = 5.0
    lock_timeout: Seconds = 2.0


class CacheSettings(Settings, frozen=True, kw_only=True):
    """How long a value may be served, and how long one call to Redis may take; seconds."""

    prefix = "CACHE"

    ttl: Seconds = 60.0
    timeout: Seconds = 0.15


class JobsSettings(Settings, frozen=True, kw_only=True):
    """The worker: jobs at once, and how the outbox is carried; times in seconds."""

    prefix = "JOBS"

    concurrency: Count = 10
    poll_interval: Seconds = 0.25
    lease: Seconds = 4.0
    max_attempts: Count = 10
    shutdown_grace: Seconds = 20.0


class HttpSettings(Settings, frozen=True, kw_only=True):
    """The edge of HTTP. ``allowed_hosts`` adds to the host of ``QUIRE_PUBLIC_URL``."""

    prefix = "HTTP"

    allowed_hosts: Names = ()
    rate_limits: Literal["on", "off"] = "on"
    max_in_flight: Annotated[int, msgspec.Meta(ge=64, le=1_000_000)] = 128
    """Requests that are served at once; one more waits ``max_wait`` seconds and is then answered 503."""
    max_wait: Seconds = 0.25
    deadline: Seconds = 10.0
    """Seconds for one request."""
    max_streams: Count = 1_000
    """Open streams beside these requests."""
    drain: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0  # seconds from SIGTERM until it stops to listen


class MailSettings(Settings, frozen=True, kw_only=True):
    """How mail leaves. ``timeout`` is for one answer of the server, in seconds; a whole mail may take twice as long."""

    prefix = "MAIL"

    sender: Mailbox = "Quire <no-reply@localhost>"
    timeout: Seconds = 3.0


class MetricsSettings(Settings, frozen=True, kw_only=True):
    """Who may read ``/metrics``: whoever has the ``token``; without one, this machine alone."""

    prefix = "METRICS"

    token: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]*$")] = ""
    worker_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    """Where a worker tells its own; 0: nowhere."""


class KernelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of Quire is told from outside."""

    env: Literal["development", "test", "production"] = "development"
    database_url: str
    database_replica_url: str | None = None
    """A copy that may lag behind: for reads that tolerate it."""
    redis_url: str
    secret_keys: tuple[str, ...]
    """The first encrypts, all decrypt."""
    public_url: str = LOCAL_URL
    mail_url: str
    cors_origins: Origins = ()
    trusted_proxies: Names = ()
    log_format: Literal["json", "console"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    db: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    jobs: JobsSettings = JobsSettings()
    http: HttpSettings = HttpSettings()
    mail: MailSettings = MailSettings()
    metrics: MetricsSettings = MetricsSettings()

    def __repr__(self) -> str:
        """Nothing of the keys and addresses."""
        return f"<settings for {self.env}>"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Everything, checked; raises `SettingsError`."""
        variables = {
            "env": "QUIRE_ENV",
            "cors_origins": "QUIRE_CORS_ORIGINS",
            "trusted_proxies": "QUIRE_TRUSTED_PROXIES",
            "log_format": "QUIRE_LOG_FORMAT",
            "log_level": "QUIRE_LOG_LEVEL",
        }
        kinds = {field.name: field.type for field in msgspec.structs.fields(cls)}
        given = {field: read(name, env[name], kinds[field]) for field, name in variables.items() if env.get(name)}
        if given.get("env") == "production":
            env = {"QUIRE_HTTP_DRAIN": "7", **env}  # longer than a proxy keeps what idles
        settings = cls(
            database_url=url("DATABASE_URL", env, "postgresql", "postgres"),
            database_replica_url=url("DATABASE_REPLICA_URL", env, "postgresql", "postgres")
            if env.get("DATABASE_REPLICA_URL")
            else None,
            redis_url=url("REDIS_URL", env, "redis", "rediss", "redis+sentinel"),
            mail_url=url("QUIRE_MAIL_URL", env, "smtp", "smtps", "file"),
            public_url=url("QUIRE_PUBLIC_URL", env, "http", "https", default=LOCAL_URL).rstrip("/"),
            secret_keys=secret_keys(env),
            db=DatabaseSettings.from_env(env),
            cache=CacheSettings.from_env(env),
            jobs=JobsSettings.from_env(env),
            http=HttpSettings.from_env(env),
            mail=MailSettings.from_env(env),
            metrics=MetricsSettings.from_env(env),
            **given,
        )
        if not all(proxy == "*" or is_network(proxy) for proxy in settings.trusted_proxies):
            raise SettingsError("QUIRE_TRUSTED_PROXIES must list addresses or networks, such as 10.0.0.0/8")
        if "*" in settings.cors_origins:
            raise SettingsError("QUIRE_CORS_ORIGINS must list origins; * matches none")
        if settings.env == "production":
            refuse_what_is_unsafe(settings)
        return settings


def url(variable: str, env: Mapping[str, str], *schemes: str, default: str = "") -> str:
    """An address with one of ``schemes``; a driver suffix such as ``+asyncpg`` is dropped."""
    text = env.get(variable) or default
    if not text:
        raise SettingsError(f"{variable} is not set; `quire up` starts a server of its own in development")
    scheme, separator, rest = text.partition(":")
    scheme = scheme if scheme in schemes else scheme.partition("+")[0]
    if scheme not in schemes or not separator:
        raise SettingsError(f"{variable} must start with {' or '.join(f'{each}:' for each in schemes)}")
    if not is_address(scheme, text):
        raise SettingsError(f"{variable} is not a valid address")
    return f"{'postgresql' if scheme == 'postgres' else scheme}:{rest}"


def is_address(scheme: str, text: str) -> bool:
    """Whether it can be one: ports are numbers, servers have names where the scheme needs them, sentinels a service."""
    several = scheme == "redis+sentinel"
    if any(char.isspace() for char in text):
        return scheme == "file"
    try:
        parts = urlsplit(text)
        servers = parts.netloc.rpartition("@")[2].split(",") if several else [parts.netloc]
        hosts = [server.port != 0 and server.hostname for server in (urlsplit(f"//{each}") for each in servers)]
    except ValueError:
        return False
    if scheme in {"file", "postgres", "postgresql", "redis", "rediss"}:
        return True
    return all(hosts) and (bool(parts.path.strip("/")) or not several)


def is_network(text: str) -> bool:
    """Whether it is an IP address, or a network of them."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def secret_keys(env: Mapping[str, str]) -> tuple[str, ...]:
    """One key, or the new and the old one while rotating."""
    keys = tuple(key.strip() for key in env.get("QUIRE_SECRET_KEY", "").split(","))
    if not keys[0]:
        raise SettingsError("QUIRE_SECRET_KEY is not set; it takes at least 32 random bytes")
    if len(keys) > 2 or any(len(key.encode()) < 32 for key in keys):
        raise SettingsError("QUIRE_SECRET_KEY must be one key of at least 32 bytes, or two separated by a comma")
    return keys


def refuse_what_is_unsafe(settings: KernelSettings) -> None:
    """Production does not start with what is only meant for development (OWASP ASVS 5.0, 13.4)."""
    if settings.http.rate_limits == "off":
        raise SettingsError("QUIRE_HTTP_RATE_LIMITS must be on in production")
    if any(proxy == "*" or ip_network(proxy, strict=False).prefixlen == 0 for proxy in settings.trusted_proxies):
        raise SettingsError("QUIRE_TRUSTED_PROXIES must list addresses in production, not all there are")
    if urlsplit(settings.public_url).hostname in {"localhost", "127.0.0.1", "::1"}:
        raise SettingsError("QUIRE_PUBLIC_URL must be the public address in production")
    if any(len(set(key)) < 8 for key in settings.secret_keys):
        raise SettingsError("QUIRE_SECRET_KEY is too simple for production; take 32 random bytes")
