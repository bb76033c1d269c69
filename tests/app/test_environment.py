from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.data_folder import kept_secret, private_folder
from app.environment import environment, ownership, servers, share
from app.processes import Failure
from kernel.settings import SettingsError
from tests.app.children import processes_in

ADDRESSES = {"DATABASE_URL": "postgresql://db/quire", "REDIS_URL": "redis://cache/0"}
SHARED = {**ADDRESSES, "QUIRE_PUBLIC_URL": "http://127.0.0.1:8461"}


def test_what_is_set_stays_and_needs_neither_servers_nor_a_lock(tmp_path: Path) -> None:
    given = {**ADDRESSES, "QUIRE_SECRET_KEY": "s" * 32, "QUIRE_MAIL_URL": "smtp://mail"}
    with ownership(tmp_path, patience=0), environment(tmp_path, given) as complete:
        assert complete == given


def test_in_development_there_is_a_secret_that_is_kept_and_mails_are_files(tmp_path: Path) -> None:
    data_dir = tmp_path / "new"
    with (
        environment(data_dir, ADDRESSES) as once,
        environment(data_dir, {**ADDRESSES, "QUIRE_SECRET_KEY": ""}) as again,
    ):
        assert once == again
        assert len(once["QUIRE_SECRET_KEY"]) >= 32
        assert once["QUIRE_MAIL_URL"] == f"file:{data_dir}/mail"
    assert data_dir.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["DATABASE_URL", "REDIS_URL", "QUIRE_SECRET_KEY", "QUIRE_MAIL_URL"])
def test_production_assumes_nothing(tmp_path: Path, missing: str) -> None:
    given = {
        **ADDRESSES,
        "QUIRE_ENV": "production",
        "QUIRE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "QUIRE_MAIL_URL": "smtp://mail",
        "QUIRE_PUBLIC_URL": "https://quire.example",
    }
    with environment(tmp_path / "unused", given) as complete:
        assert complete == given
    del given[missing]
    with pytest.raises(SettingsError, match=missing), environment(tmp_path / "unused", given):
        pass
    assert not (tmp_path / "unused").exists()


def test_a_wrong_setting_is_found_before_a_server_is_started(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match="QUIRE_DB_POOL_SIZE"),
        environment(tmp_path, {"QUIRE_DB_POOL_SIZE": "none"}),
    ):
        pass
    assert not (tmp_path / "postgres").exists()


def test_servers_run_for_as_long_as_the_command(tmp_path: Path) -> None:
    with environment(tmp_path, {}) as complete:
        assert processes_in(tmp_path)
        assert complete["DATABASE_URL"].startswith("postgresql://quire:")
        assert complete["REDIS_URL"].startswith("redis://:")
    assert not processes_in(tmp_path)


def test_shared_servers_are_used_by_others_and_forgotten_with_their_owner(tmp_path: Path) -> None:
    with ownership(tmp_path, patience=0):
        share(tmp_path, SHARED)
        assert (tmp_path / "servers.json").stat().st_mode & 0o777 == 0o600
        with servers(tmp_path) as addresses:
            assert addresses == SHARED
        with environment(tmp_path, {"DATABASE_URL": "postgresql://mine/quire"}) as complete:
            assert complete["DATABASE_URL"] == "postgresql://mine/quire"
            assert complete["REDIS_URL"] == ADDRESSES["REDIS_URL"]
            assert complete["QUIRE_PUBLIC_URL"] == SHARED["QUIRE_PUBLIC_URL"]
        with environment(tmp_path, {"QUIRE_PUBLIC_URL": "https://mine.example"}) as complete:
            assert complete["QUIRE_PUBLIC_URL"] == "https://mine.example"
    share(tmp_path, SHARED)  # as somebody who was killed leaves it
    with ownership(tmp_path, patience=0):
        assert not (tmp_path / "servers.json").exists()


def test_a_data_folder_has_one_owner(tmp_path: Path) -> None:
    with (
        ownership(tmp_path, patience=0),
        pytest.raises(Failure, match="another quire runs on the data folder"),
        ownership(tmp_path, patience=0.1),
    ):
        pass


def test_a_secret_is_the_same_for_all_who_ask_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(kept_secret, [tmp_path / "secret"] * 32))
    assert len(secrets) == 1
    assert [path.name for path in private_folder(tmp_path).iterdir()] == ["secret"]
