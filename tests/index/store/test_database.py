"""The database: its schema, made by migrations; its locks; what is said when it fails."""

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from index.errors import StoreError
from index.store import Store
from index.store.tables import metadata
from index.store.types import PairDraft
from tests.support import durability

# SQLite's number for it: a commit waits until the disk has it.
FULL = 2


def schema_version(store: Store) -> str | None:
    return store.database.schema_revision()


def test_a_fresh_database_gets_the_schema(empty_url: str) -> None:
    store = Store(empty_url)
    assert schema_version(store) is None
    with pytest.raises(StoreError, match="faqbot init"):
        store.require_schema()
    store.database.migrate()
    store.require_schema()
    assert store.pairs.revision() == 0
    assert store.generations.live() is None
    store.close()


def test_migrating_again_keeps_everything(empty_url: str) -> None:
    store = Store.open(empty_url)
    store.pairs.upsert([PairDraft("kb", "1", "Q?", "A.")])
    store.close()
    store = Store.open(empty_url)
    assert store.pairs.revision() == 1
    assert sum(len(pairs) for pairs in store.pairs.changed(0)) == 1
    store.close()


@pytest.mark.parametrize("durable", [True, False], ids=["as it is", "relaxed for tests"])
def test_what_was_acknowledged_outlives_a_power_cut(
    durable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "durable", durable)
    store = Store(f"sqlite:///{tmp_path / 'faqbot.db'}")
    with store.database.read() as connection:
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    assert synchronous == (FULL if durable else 0)
    store.close()


def test_the_migrated_schema_is_that_of_the_tables(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(6)

    def open_store() -> None:
        try:
            store = Store(empty_url)
            start.wait()
            store.database.migrate()
            assert store.pairs.revision() == 0
            store.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_store) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_schema_from_a_newer_version_is_refused(empty_url: str) -> None:
    store = Store.open(empty_url)
    with store.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*upgrade faqbot"):
        store.database.migrate()
    store.close()


def test_a_migration_that_fails_leaves_nothing_half_done(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("killed")

    store = Store(empty_url)
    monkeypatch.setattr(op, "bulk_insert", fail)  # the last step of the first migration
    with pytest.raises(RuntimeError, match="killed"):
        store.database.migrate()
    monkeypatch.undo()
    assert schema_version(store) is None
    store.database.migrate()
    assert store.pairs.revision() == 0
    store.close()


def test_a_lock_is_held_by_one(empty_url: str) -> None:
    first, second = Store.open(empty_url).database, Store(empty_url).database
    with first.try_lock("schedule") as got:
        assert got
        with second.try_lock("schedule") as also_got:
            assert not also_got
        with second.try_lock("another") as other:
            assert other
    with second.try_lock("schedule") as got_later:
        assert got_later
    first.close()
    second.close()


def test_a_lock_that_was_lost_with_its_connection_is_free_and_no_failure(
    postgres: Any,
) -> None:
    name = postgres.create()
    first, second = Store.open(postgres.url(name)).database, Store(postgres.url(name)).database
    ended = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks "
        "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )
    with first.try_lock("schedule") as got:
        assert got
        with second.write() as connection:
            assert connection.execute(ended).all() == [(True,)]
    with first.try_lock("schedule") as got_again:
        assert got_again
    first.close()
    second.close()
    postgres.drop(name)


def test_a_lock_on_a_server_that_is_not_there_is_the_store_s_failure() -> None:
    pytest.importorskip("psycopg")
    store = Store("postgresql+psycopg://bot:hunter2@127.0.0.1:1/faqbot")
    with pytest.raises(StoreError, match="cannot be used"), store.database.try_lock("schedule"):
        pass


def test_looking_for_a_schema_creates_no_file(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'none.db'}")
    assert schema_version(store) is None
    assert list(tmp_path.iterdir()) == []


def test_a_url_that_is_none_is_explained() -> None:
    with pytest.raises(StoreError, match="database_url is not a SQLAlchemy URL"):
        Store("nonsense")


def test_a_server_that_is_not_there_is_explained_without_the_password() -> None:
    pytest.importorskip("psycopg")
    store = Store("postgresql+psycopg://bot:hunter2@127.0.0.1:1/faqbot")
    with pytest.raises(StoreError, match="cannot be used") as caught:
        store.pairs.revision()
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "faqbot.db"
    path.write_bytes(b"this is a text file, not a database, and long enough to be read as one" * 20)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(f"sqlite:///{path}")
