"""The server's engine alone: its alias, and what is said when the server is not there."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from index.engines.qdrant import LIVE_ALIAS, ServerEngine, connect
from index.errors import SearchIndexError
from index.generations.setup import open_engine
from index.settings import IndexSettings

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect", "ignore:Api key is used with an insecure connection"
)

KEY = "a-very-secret-key"


@pytest.fixture
def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """A server that answers every request with 403, and with what was sent to it."""

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": {"error": "forbidden"}}'
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def alias(client: QdrantClient) -> str | None:
    return {a.alias_name: a.collection_name for a in client.get_aliases().aliases}.get(LIVE_ALIAS)


def test_the_alias_follows_the_live_collection() -> None:
    client = QdrantClient(":memory:")
    engine = ServerEngine(client)
    engine.create("first", 4)
    engine.create("second", 4)

    engine.set_live("first")
    assert alias(client) == "first"
    engine.set_live("second")
    assert alias(client) == "second"
    engine.set_live("second")
    assert alias(client) == "second"

    engine.drop("first")
    assert alias(client) == "second"


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.exists("faq"),
        lambda engine: engine.open("faq"),
        lambda engine: engine.create("faq", 4),
        lambda engine: engine.set_live("faq"),
        lambda engine: engine.drop("faq"),
    ],
    ids=["exists", "open", "create", "set_live", "drop"],
)
def test_an_unreachable_server_is_one_clear_line(
    free_port: int, call: Callable[[ServerEngine], object]
) -> None:
    engine = connect(f"http://127.0.0.1:{free_port}", api_key=KEY, ca_file=None, timeout=2)

    with pytest.raises(SearchIndexError) as raised:
        call(engine)

    message = str(raised.value)
    assert f"127.0.0.1:{free_port}" in message
    assert "\n" not in message
    assert KEY not in message


def test_a_refused_key_is_one_clear_line_without_it(refusing_url: str) -> None:
    engine = connect(refusing_url, api_key=KEY, ca_file=None, timeout=2)

    with pytest.raises(SearchIndexError, match="403") as raised:
        engine.exists("faq")

    assert "\n" not in str(raised.value)
    assert KEY not in str(raised.value)


def test_a_password_in_the_url_is_not_shown(free_port: int) -> None:
    url = f"http://operator:{KEY}@127.0.0.1:{free_port}"
    engine = connect(url, api_key=None, ca_file=None, timeout=2)

    with pytest.raises(SearchIndexError, match=f"127.0.0.1:{free_port}") as raised:
        engine.exists("faq")

    assert KEY not in str(raised.value)


def test_an_unusable_url_is_one_clear_line() -> None:
    with pytest.raises(SearchIndexError, match="ftp"):
        connect("ftp://example.com", api_key=None, ca_file=None, timeout=2)


def test_a_missing_ca_file_is_one_clear_line(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")

    with pytest.raises(SearchIndexError, match=r"ca\.pem"):
        connect("https://localhost:1", api_key=None, ca_file=missing, timeout=2)


def test_a_server_without_a_url_says_what_to_set() -> None:
    with pytest.raises(SearchIndexError, match="qdrant_url"):
        open_engine(IndexSettings(engine="server"))


def test_the_settings_name_the_server(free_port: int, tmp_path: Path) -> None:
    settings = IndexSettings(
        engine="server",
        qdrant_url=f"http://127.0.0.1:{free_port}",
        qdrant_api_key=KEY,
        qdrant_timeout=1.5,
    )
    engine = open_engine(settings)

    with pytest.raises(SearchIndexError, match=str(free_port)):
        engine.exists("faq")
    engine.close()
