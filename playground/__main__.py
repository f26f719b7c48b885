"""``python -m playground``: the workspace as a server of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence

from playground import server
from playground.hub import Hub
from playground.workspace.models import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from playground.workspace.seed import seed
from playground.workspace.state import Workspace

PARENT_POLL_SECONDS = 0.5

EXAMPLE = """\
example:
  python -m playground --port 8080
  then open http://127.0.0.1:8080 and start a bot with the tokens that are printed
  and http://127.0.0.1:8080/api/ as the address of Slack's Web API.

The first line of output is "playground listening on http://HOST:PORT".
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python -m playground",
        description="A local Slack workspace for trying a bot without Slack.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
    )
    result.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="the port to listen on, 0 for any free one (default: %(default)s)",
    )
    result.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further host name under which people may open the page (can be repeated)",
    )
    result.add_argument("--empty", action="store_true", help="start without people and channels")
    result.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="stop when the process that started this one ends or closes its standard input",
    )
    return result


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is between 0 and 65535")
    return port


def _announce(url: str) -> None:
    print(f"playground listening on {url}")
    print(f"  web page        {url}/")
    print(f"  Web API         {url}/api/")
    print(f"  bot token       {BOT_TOKEN}")
    print(f"  app token       {APP_TOKEN}")
    print(f"  signing secret  {SIGNING_SECRET}")
    print("Ctrl-C stops it.", flush=True)


def _watch_parent(stop: asyncio.Event) -> asyncio.Task[None]:
    """Sets `stop` when the parent goes away: its end of our standard input, or itself."""
    loop, parent = asyncio.get_running_loop(), os.getppid()

    def stop_now() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    def read_to_end() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 4096):
                pass
        stop_now()

    async def poll() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(PARENT_POLL_SECONDS)
        stop.set()

    # Only a pipe tells of its writer's end; a terminal or /dev/null says nothing.
    with contextlib.suppress(OSError):
        mode = os.fstat(0).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            threading.Thread(target=read_to_end, daemon=True).start()
    return asyncio.create_task(poll())


async def serve(options: argparse.Namespace) -> int:
    """Runs the server until it is told to stop; the exit code."""
    workspace = Workspace()
    if not options.empty:
        seed(workspace)
    hub = Hub(workspace=workspace)
    hosts = server.LOOPBACK | frozenset(options.allow_host)
    try:
        runner = await server.start(hub, options.host, options.port, hosts)
    except OSError as error:
        print(f"playground: {_why(error, options)}", file=sys.stderr)
        return 2
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    # Held, because the loop keeps only a weak reference to a task.
    watcher = _watch_parent(stop) if options.exit_with_parent else None
    _announce(hub.base_url)
    await stop.wait()
    if watcher is not None:
        watcher.cancel()
    await runner.cleanup()
    return 0


def _why(error: OSError, options: argparse.Namespace) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {options.port} is in use; choose another with --port (0: any free one)"
    if error.errno == errno.EACCES:
        return f"port {options.port} needs more rights; choose one above 1023 with --port"
    return f"cannot listen on {options.host}:{options.port}: {error.strerror or error}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; the exit code."""
    options = parser().parse_args(arguments)
    try:
        return asyncio.run(serve(options))
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
