"""Opening the SQL database: SQLite (WAL) or PostgreSQL, and the schema's migrations."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite

from index.errors import DiskFull, StoreError, StoreUnreachable
from index.private import make_file, make_folder
from index.text import text_hash

BUSY_TIMEOUT_S = 30
# Of connections: each thread uses one at a time, and how many threads there are is set elsewhere.
NO_LIMIT = -1
_WRITE = "faqbot_write"
# Failures of a statement, not of the database: faults of this program, or a rule that held.
_OURS = (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError)


class Database:
    """A connection pool and its two kinds of transaction.

    On SQLite a writer takes the write lock when its transaction begins, so that two writers
    wait for each other instead of failing half-way.
    """

    def __init__(self, url: str) -> None:
        """Open a database; it is first contacted by the first transaction.

        Args:
            url: SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://...`.

        Raises:
            StoreError: The URL or its driver cannot be used.
        """
        try:
            self.engine = _create_engine(url)
        except sa.exc.ArgumentError:
            raise StoreError(
                "[index] database_url is not a SQLAlchemy URL; "
                "write it like postgresql://user:password@host/faqbot"
            ) from None
        except ModuleNotFoundError as error:
            raise StoreError(
                f"the database driver {error.name!r} is not installed; "
                "for PostgreSQL install faqbot[postgres]"
            ) from None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self._reporting(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed at the end, rolled back on any error."""
        with self._reporting(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITE: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DatabaseError as error:
            if isinstance(error, _OURS):
                raise
            where = self.where
            # The driver's message, without the statement and its parameters (user texts).
            reason = " ".join(str(error.orig).split()) or type(error.orig).__name__
            if _is_full(error.orig):
                raise DiskFull(
                    f"disk full: the store at {where} cannot be written ({reason}); make room on "
                    "that disk"
                ) from error
            kind = StoreError if self.is_sqlite or not _is_away(error) else StoreUnreachable
            raise kind(f"the store at {where} cannot be used: {reason}") from error

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold a named lock that all processes on this database share; it ends with the process.

        Yields:
            Whether the lock was free. It does not wait.
        """
        if not self.is_sqlite:
            key = int.from_bytes(text_hash(name)[:8], "big", signed=True)
            # Held for long, so not inside a transaction: the server might end an idle one.
            autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with self._reporting():
                connection = autocommit.connect()
            with connection:
                with self._reporting():
                    query = sa.select(sa.func.pg_try_advisory_lock(key))
                    locked = bool(connection.scalar(query))
                try:
                    yield locked
                finally:
                    if locked:
                        _unlock(connection, key)
        elif path := self._file:
            with path.with_name(f"{path.name}.{name}.lock").open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield False
                else:
                    yield True
        else:
            yield True  # an in-memory database has no other process

    def forget_lock(self, name: str) -> None:
        """Remove what a named lock leaves on disk; only for one that nobody takes any more."""
        if path := self._file:
            path.with_name(f"{path.name}.{name}.lock").unlink(missing_ok=True)

    def close(self) -> None:
        """Close all connections; the next transaction opens one again."""
        self.engine.dispose()

    @property
    def where(self) -> str:
        """The database's URL as it may be shown: without a password, wherever it stands."""
        url = self.engine.url
        return url.difference_update_query(["password"]).render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; otherwise it is PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @property
    def _file(self) -> Path | None:
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    def migrate(self) -> None:
        """Bring the schema to this version's; safe when several processes start together.

        Raises:
            StoreError: The database was written by a newer version of faqbot.
        """
        if path := self._file:
            make_folder(path.parent)
            make_file(path)
        config = _alembic_config()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        with self.write() as connection:
            if not self.is_sqlite:
                # One migration at a time; released with the transaction.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7032726)"))
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise StoreError(
                    f"the store has schema {current}, which this version of faqbot does not "
                    "know: it was written by a newer one; upgrade faqbot"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def require_current_schema(self) -> None:
        """Check that the schema is this version's, without changing it.

        Raises:
            StoreError: It is an older or a newer one.
        """
        current = self.schema_revision()
        head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
        if current != head:
            raise StoreError(
                f"the store at {self.where} has schema {current}, this version of faqbot needs "
                f"{head}; `faqbot init` upgrades an older one"
            )

    def schema_revision(self) -> str | None:
        """The schema's revision, None where there is no schema yet."""
        if (path := self._file) and not path.exists():
            return None  # connecting would create an empty file
        with self.read() as connection:
            return MigrationContext.configure(connection).get_current_revision()


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what happens on a conflict, in the words of the database."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _unlock(connection: sa.Connection, key: int) -> None:
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
    except sa.exc.DBAPIError:
        # It was lost; the server frees its locks with it, and it must not be used again.
        connection.invalidate()


def _is_away(error: sa.exc.DatabaseError) -> bool:
    """Whether a server does not answer, or not yet: it is not there, or is starting."""
    code = getattr(error.orig, "sqlstate", None)
    refused = any(word in str(error.orig) for word in ("authentication failed", "does not exist"))
    return isinstance(error, sa.exc.OperationalError) and code in (None, "57P03") and not refused


def _is_full(error: BaseException | None) -> bool:
    """Whether a driver's error says that there is no room to write."""
    sqlite_code = getattr(error, "sqlite_errorname", "")
    return sqlite_code == "SQLITE_FULL" or getattr(error, "sqlstate", "") == "53100"


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("index.store") / "migrations"))
    return config


def _create_engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(
            parsed, pool_pre_ping=True, hide_parameters=True, max_overflow=NO_LIMIT
        )
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_S}}
    options["max_overflow"] = NO_LIMIT
    if parsed.database in (None, "", ":memory:"):
        # One connection for all threads, or each would see a database of its own.
        del options["max_overflow"]
        options["poolclass"] = sa.StaticPool
        options["connect_args"]["check_same_thread"] = False
    engine = sa.create_engine(parsed, hide_parameters=True, **options)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions start too late and too weak; _begin_sqlite does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # An acknowledged question must outlive a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
