import msgspec
import pytest

from kernel.redis_client import redis_client
from kernel.settings import KernelSettings, Settings, SettingsError

VALUE = "hunter2"
ENV = {
    "DATABASE_URL": "postgresql://quire@db/quire",
    "REDIS_URL": "redis://cache",
    "QUIRE_MAIL_URL": "smtp://mail",
    "QUIRE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuv",
}
PRODUCTION = {**ENV, "QUIRE_ENV": "production", "QUIRE_PUBLIC_URL": "https://quire.example"}

WRONG = [
    ("DATABASE_URL", VALUE),
    ("DATABASE_URL", f"mysql://quire:{VALUE}@db/quire"),
    ("DATABASE_URL", f"postgresql://quire:{VALUE}@db:port/quire"),
    ("DATABASE_URL", f"postgresql://quire:{VALUE}@[db/quire"),
    ("REDIS_URL", VALUE),
    ("REDIS_URL", f"rediss://:{VALUE}@cache:99999"),
    ("REDIS_URL", f"redis+sentinel://:{VALUE}@one:26379,two:26379"),
    ("REDIS_URL", f"redis+sentinel://:{VALUE}@one:26379,/quire"),
    ("REDIS_URL", f"redis+sentinel://:{VALUE}@one:26379,two:port/quire"),
    ("QUIRE_MAIL_URL", f"https://{VALUE}"),
    ("QUIRE_MAIL_URL", f"smtp://quire:{VALUE}@"),
    ("QUIRE_SECRET_KEY", VALUE),
    ("QUIRE_SECRET_KEY", f"{ENV['QUIRE_SECRET_KEY']},{VALUE}"),
    ("QUIRE_SECRET_KEY", ",".join([ENV["QUIRE_SECRET_KEY"]] * 3)),
    ("QUIRE_PUBLIC_URL", VALUE),
    ("QUIRE_PUBLIC_URL", f"https://:0/{VALUE}"),
    ("QUIRE_PUBLIC_URL", f"https://[{VALUE}"),
    ("QUIRE_CORS_ORIGINS", "https://quire.example,*"),
    ("QUIRE_CORS_ORIGINS", f"https://quire.example, {VALUE}"),
    ("QUIRE_CORS_ORIGINS", f"https://quire.example/{VALUE}"),
    ("QUIRE_MAIL_SENDER", VALUE),
    ("QUIRE_MAIL_SENDER", f"Quire\r\nBcc: {VALUE}@example.org <quire@example.org>"),
    ("QUIRE_ENV", VALUE),
    ("QUIRE_LOG_FORMAT", VALUE),
    ("QUIRE_LOG_LEVEL", VALUE),
    ("QUIRE_HTTP_RATE_LIMITS", VALUE),
]

UNSAFE = [
    ("QUIRE_HTTP_RATE_LIMITS", "off"),
    ("QUIRE_TRUSTED_PROXIES", "10.0.0.0/8,*"),
    ("QUIRE_TRUSTED_PROXIES", "::/0"),
    ("QUIRE_PUBLIC_URL", ""),
    ("QUIRE_PUBLIC_URL", "http://localhost:8000"),
    ("QUIRE_PUBLIC_URL", "http://[::1]:8000"),
    ("QUIRE_SECRET_KEY", "x" * 40),
    ("QUIRE_SECRET_KEY", f"{ENV['QUIRE_SECRET_KEY']},{'ab' * 20}"),
]


SECTIONS = Settings.__subclasses__()
"""Those of the modules too: the registry has imported them."""

NUMBERS = [
    (section, f"QUIRE_{section.prefix}_{field.name.upper()}")
    for section in SECTIONS
    for field in msgspec.structs.fields(section)
    if isinstance(field.default, int | float)
]


def complaint(env: dict[str, str], section: type[KernelSettings] | type[Settings] = KernelSettings) -> str:
    with pytest.raises(SettingsError) as caught:
        section.from_env(env)
    return str(caught.value)


@pytest.mark.parametrize(("variable", "value"), WRONG)
def test_a_wrong_variable_is_one_line_that_names_it_and_never_its_value(variable: str, value: str) -> None:
    line = complaint({**ENV, variable: value})
    assert line.startswith(variable)
    assert "\n" not in line
    assert VALUE not in line
    assert ENV["QUIRE_SECRET_KEY"] not in line


@pytest.mark.parametrize("variable", ENV)
def test_a_missing_or_empty_variable_is_one_line_that_names_it(variable: str) -> None:
    rest = {name: value for name, value in ENV.items() if name != variable}
    for env in (rest, {**rest, variable: ""}):
        line = complaint(env)
        assert line.startswith(f"{variable} is not set")
        assert "\n" not in line


@pytest.mark.parametrize(("section", "variable"), NUMBERS)
@pytest.mark.parametrize("value", [VALUE, "-1", "nan", "inf", "1e400", "1_000", "9" * 30])
def test_a_number_is_bounded(section: type[Settings], variable: str, value: str) -> None:
    line = complaint({variable: value}, section)
    assert line.startswith(f"{variable}: ")
    assert "\n" not in line
    assert value not in line


def test_no_two_sections_share_a_prefix() -> None:
    assert len({section.prefix for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize(("variable", "value"), UNSAFE)
def test_production_refuses_what_is_for_development_alone(variable: str, value: str) -> None:
    assert KernelSettings.from_env({**PRODUCTION, "QUIRE_ENV": "test", variable: value})
    line = complaint({**PRODUCTION, variable: value})
    assert line.startswith(variable)
    assert "\n" not in line
    assert not value or value not in line


def test_production_starts_with_all_that_is_needed() -> None:
    assert KernelSettings.from_env(PRODUCTION).env == "production"


@pytest.mark.parametrize(("given", "seconds"), [(ENV, 0.0), (PRODUCTION, 7.0)])
def test_production_has_balancers_to_wait_for_unless_it_says_otherwise(given: dict[str, str], seconds: float) -> None:
    assert KernelSettings.from_env(given).http.drain == seconds
    assert KernelSettings.from_env({**given, "QUIRE_HTTP_DRAIN": "3"}).http.drain == 3.0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgres+asyncpg", "postgresql+psycopg"])
def test_any_driver_suffix_is_taken_and_dropped(scheme: str) -> None:
    settings = KernelSettings.from_env({**ENV, "DATABASE_URL": f"{scheme}://quire:a+b@db:5432/quire?sslmode=require"})
    assert settings.database_url == "postgresql://quire:a+b@db:5432/quire?sslmode=require"


def test_an_empty_variable_is_as_good_as_none() -> None:
    empty = dict.fromkeys([name for _, name in NUMBERS] + [name for name, _ in WRONG], "")
    assert KernelSettings.from_env({**empty, **ENV}) == KernelSettings.from_env(ENV)


def test_every_setting_can_be_given() -> None:
    given = {"QUIRE_DB_POOL_SIZE": "3", "QUIRE_HTTP_ALLOWED_HOSTS": " a.example , b.example,", "QUIRE_CACHE_TTL": "1.5"}
    settings = KernelSettings.from_env({**ENV, **given, "QUIRE_PUBLIC_URL": "https://quire.example/"})
    assert settings.db.pool_size == 3
    assert settings.http.allowed_hosts == ("a.example", "b.example")
    assert settings.cache.ttl == 1.5
    assert settings.public_url == "https://quire.example"


def test_settings_do_not_show_their_secrets() -> None:
    env = {**ENV, "DATABASE_URL": f"postgresql://quire:{VALUE}@db/quire"}
    shown = repr(KernelSettings.from_env(env)) + str(KernelSettings.from_env(env))
    assert VALUE not in shown
    assert ENV["QUIRE_SECRET_KEY"] not in shown


def test_the_secret_key_may_be_a_new_and_an_old_one() -> None:
    old = ENV["QUIRE_SECRET_KEY"]
    new = old[::-1]
    assert KernelSettings.from_env({**ENV, "QUIRE_SECRET_KEY": f"{new}, {old}"}).secret_keys == (new, old)


def test_sentinels_are_found_in_their_address() -> None:
    address = "redis+sentinel://quire:p%40ss@one:1111,two,[::1]:3333/main"
    settings = KernelSettings.from_env({**ENV, "REDIS_URL": address})
    pool = redis_client(settings.redis_url, timeout=1).connection_pool
    manager = pool.sentinel_manager  # type: ignore[attr-defined] # redis-py has no types here
    known = [sentinel.connection_pool.connection_kwargs for sentinel in manager.sentinels]
    assert [(each["host"], each["port"]) for each in known] == [("one", 1111), ("two", 26379), ("::1", 3333)]
    assert {(each["username"], each["password"]) for each in known} == {("quire", "p@ss")}
    assert pool.connection_kwargs["password"] == "p@ss"
    assert pool.service_name == "main"  # type: ignore[attr-defined] # the same
