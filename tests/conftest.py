"""What all tests share: no proxies, no downloads, and a store on each of its two databases."""

import logging
import os

# Before anything imports the hub's client, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"
# Test processes run side by side: more threads in each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Many tests start a process: each would compile all of torch anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
import structlog

from index.model.base import ensure_base_version
from index.store import Store
from tests.support.durability import do_not_wait_for_the_disk
from tests.support.logs import left_behind
from tests.support.once import made_once

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
START_TIMEOUT_S = 60
BASE_MODEL = "all-MiniLM-L6-v2"

# A locale-aware collation where there is one: texts then sort otherwise than by their bytes,
# and nothing in the store may rely on that.
INITDB = ("--username=faqbot", "--auth=trust", "--encoding=UTF8", "--no-sync")
COLLATIONS = (("--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"), ("--locale=C",))


# Not for `make quick`: what needs a model, a local Slack or a PostgreSQL server takes seconds.
SLOW_FIXTURES = {"base_models", "slack", "_shared_desks", "postgres"}
# Nor are these folders looked into: to import them alone takes seconds, for what training needs.
SLOW_FOLDERS = ("benchmarks", "demo", "train")
hypothesis.settings.register_profile("quick", max_examples=20)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only tests that take milliseconds")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--quick"):
        hypothesis.settings.load_profile("quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    folder = Path(__file__).parent
    is_slow = collection_path in {folder / name for name in SLOW_FOLDERS}
    return True if config.getoption("--quick") and is_slow else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests first: at the end they would keep one worker busy, the others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    if config.getoption("--quick"):
        left_out = [item for item in items if _is_slow(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_slow(item)]


def _is_slow(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return (
        item.get_closest_marker("slow") is not None
        or not SLOW_FIXTURES.isdisjoint(item.fixturenames)
        or any(value == "postgresql" for value in values if isinstance(value, str))
    )


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _no_logging_left_behind() -> Iterator[None]:
    """A handler that a test leaves would write to a stream that is closed, or to another test's."""
    yield
    left = left_behind()
    if left:
        logging.getLogger().handlers.clear()
        structlog.reset_defaults()
        pytest.fail(f"the test leaves behind: {', '.join(left)}")


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        do_not_wait_for_the_disk(patch)
        yield


@pytest.fixture(scope="session")
def base_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the base version in it; to be read only."""

    def make(folder: Path) -> None:
        ensure_base_version(folder, BASE_MODEL)

    return made_once(tmp_path_factory, "base-models", make)


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server that listens on a socket in its folder only."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://faqbot@/{database}?host={self.folder}"

    def create(self, *, template: str = "template0") -> str:
        """Create a database; returns its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _administer(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of the test process's own, stopped and removed at the end."""
    pytest.importorskip("psycopg", reason="PostgreSQL: psycopg is not installed")
    if shutil.which("initdb") is None or shutil.which("postgres") is None:
        pytest.skip("PostgreSQL: initdb and postgres are not on the PATH")
    # Not below pytest's folder: the server's user could not reach it, and a socket's path must
    # be short.
    folder = Path(tempfile.mkdtemp(prefix="faqbot-pg-"))
    server = None
    try:
        user = _server_user()
        if user is not None:
            shutil.chown(folder, user)
        _create_cluster(folder / "data", user)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(_server_command(folder), stdout=log, stderr=log, user=user)
        running = Postgres(folder)
        _wait_until_up(running, server)
        yield running
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # SIGTERM would wait for connections to close
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        # A server whose data folder is gone stops by itself, should the line above not be reached.
        shutil.rmtree(folder, ignore_errors=True)


def _server_user() -> str | None:
    """Whom the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL: it refuses to run as root, and there is no user postgres")


def _create_cluster(data: Path, user: str | None) -> None:
    for collation in COLLATIONS:
        command = ["initdb", *INITDB, *collation, "--pgdata", str(data)]
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True)
        if done.returncode == 0:
            return
    pytest.fail(f"initdb failed: {done.stderr}")


def _server_command(folder: Path) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "100",
    }
    settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    return ["postgres", "-D", str(folder / "data"), *settings]


def _wait_until_up(running: Postgres, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    engine = sa.create_engine(running.url("postgres"))
    while True:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                log = (running.folder / "log").read_text(errors="replace")
                pytest.fail(f"the PostgreSQL server did not start: {log}")
            time.sleep(0.05)
        else:
            engine.dispose()
            return


@pytest.fixture(scope="session")
def _migrated(postgres: Postgres) -> str:
    """A database with the schema, to be copied."""
    name = postgres.create()
    Store.open(postgres.url(name)).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a schema, on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh store, on each of the two databases."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'faqbot.db'}"
        Store.open(url).close()
        yield url
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("_migrated"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def open_store(store_url: str) -> Iterator[Callable[[], Store]]:
    """Opens the fresh store once more, as another process would."""
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store(store_url))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A fresh store, on each of the two databases."""
    return open_store()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store on SQLite, for tests to which the database does not matter."""
    store = Store.open(f"sqlite:///{tmp_path / 'faqbot.db'}")
    yield store
    store.close()
