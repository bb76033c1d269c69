from collections.abc import Iterator
from pathlib import Path

import pytest

from app import database, migrations
from app.database import check
from app.embedded import Postgres
from app.migrations import revisions, upgrade
from kernel.settings import SettingsError
from tests.app.children import QUIRE, clean_env, running


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server.url
    server.stop()


def test_heads_are_what_no_other_revision_builds_or_depends_on(tmp_path: Path) -> None:
    for name, text in {
        "1": "revision: str = 'a1'\ndown_revision: str | None = None\ndepends_on = None",
        "2": "revision = 'a2'\ndown_revision = 'a1'",
        "3": "revision = 'b1'\ndown_revision = None\nbranch_labels: str\ndepends_on = ('a2',)",
        "4": "revision = 'c1'\ndown_revision = None",
        "5": "revision = 'c2'\ndown_revision = None",
        "6": "revision = 'c3'\ndown_revision = ('c1', 'c2')\n\ndef upgrade() -> None: ...",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    known, heads = revisions(tmp_path.glob("*.py"))
    assert known == {"a1", "a2", "b1", "c1", "c2", "c3"}
    assert heads == {"b1", "c3"}


def test_any_number_of_processes_may_migrate_at_once(database_url: str, tmp_path: Path) -> None:
    command, env = (
        [*QUIRE, "migrate", "--data-dir", tmp_path],
        clean_env(DATABASE_URL=database_url, REDIS_URL="redis://no"),
    )
    with running(*command, env=env) as one, running(*command, env=env) as other:
        assert [one.communicate(), other.communicate()] == [("", "")] * 2
        assert [one.returncode, other.returncode] == [0, 0]


def test_an_up_to_date_database_is_left_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(database_url)
    monkeypatch.setattr(migrations, "migrate", None)
    upgrade(database_url)


def test_a_database_that_is_ahead_of_the_code_is_left_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(database_url)
    monkeypatch.setattr(migrations, "migrate", None)
    monkeypatch.setattr(migrations, "revisions", lambda _: ({"old"}, {"old"}))
    upgrade(database_url)


def test_an_unusable_database_is_one_line_that_names_the_variable_and_never_its_value(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    server, _, name = database_url.rpartition("/")
    for address, complaint in {
        database_url.replace("//quire:", "//quire:not"): "does not accept this user with this password",
        f"{server}/nowhere": "has no database of this name",
        f"postgresql://quire:secret@127.0.0.1:1/{name}": "no PostgreSQL answers at this address",
        f"{database_url}?surprise=yes": "cannot be used",
    }.items():
        with pytest.raises(SettingsError) as caught:
            check(address)
        assert str(caught.value).startswith("DATABASE_URL: PostgreSQL ") or "no PostgreSQL" in str(caught.value)
        assert complaint in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)
