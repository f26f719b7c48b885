"""A playground for tests: a server in a thread of its own, on a free port."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playground import server
from playground.client import Playground
from playground.delivery.dispatcher import DeliverySettings
from playground.hub import Hub
from playground.workspace.state import Workspace

START_SECONDS = 10.0


@contextmanager
def running_playground(
    *,
    ack_timeout: float = 3.0,
    retry_delays: Sequence[float] = (0.1, 1.0, 5.0),
    bot_name: str = "faqbot",
    port: int = 0,
) -> Iterator[Playground]:
    """Runs an empty workspace and yields its client; all is gone afterwards."""
    settings = DeliverySettings(ack_timeout, tuple(retry_delays))
    started: threading.Event = threading.Event()
    running: list[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        hub = Hub(workspace=Workspace(bot_name=bot_name), delivery_settings=settings)
        runner = await server.start(hub, "127.0.0.1", port)
        stop = asyncio.Event()
        running.append((hub.base_url, asyncio.get_running_loop(), stop))
        started.set()
        await stop.wait()
        await runner.cleanup()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="playground", daemon=True)
    thread.start()
    started.wait(START_SECONDS)
    if not running:
        raise RuntimeError("the playground did not start") from (failed[0] if failed else None)
    url, loop, stop = running[0]
    slack = Playground(url)
    try:
        yield slack
    finally:
        slack.disconnect()
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)
