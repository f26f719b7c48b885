"""Is the bot in this container well? Exit status 0 says yes.

Over HTTP its server has to answer; in either mode the store has to, and the bot has to say that
Slack reaches it: it says so in the store every few seconds. A bot that died needs no check: it is
the container's first process.
"""

import sys
import urllib.request
from datetime import UTC, datetime, timedelta

from bot.settings import BotSettings
from index.errors import FaqbotError
from index.processes import is_dead, is_of_this_machine
from index.settings import IndexSettings
from index.store import Store
from index.store.inbox import OPEN

HEALTH_PATH = "/healthz"
TIMEOUT_S = 5
# A lost connection is usually open again within seconds.
PATIENCE = timedelta(minutes=1)


def check() -> str:
    """What is well, in a few words.

    Raises:
        FaqbotError: The settings or the store cannot be used.
        OSError: The HTTP server does not answer.
    """
    bot = BotSettings.load()
    if bot.mode == "http":
        host = "127.0.0.1" if bot.http_host in ("0.0.0.0", "::", "") else bot.http_host
        url = f"http://{host}:{bot.http_port}{HEALTH_PATH}"
        # Never through a proxy: this is the container itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(url, timeout=TIMEOUT_S).close()
    store = Store(IndexSettings.load().store_url)
    try:
        store.require_schema()
        require_reached(store)
        open_questions = sum(store.inbox.count()[state] for state in OPEN)
    finally:
        store.close()
    return f"ok, {open_questions} questions open"


def require_reached(store: Store, now: datetime | None = None) -> None:
    """Check what the bot of this machine says of itself.

    Raises:
        FaqbotError: Slack does not reach it, for longer than a new connection takes; or it has
            said nothing for too long.
    """
    now = now or datetime.now(UTC)
    for process in store.processes.all():
        if not is_of_this_machine(process.owner) or is_dead(process.owner):
            continue
        if process.is_silent(now):
            raise FaqbotError("the bot has said nothing of itself for too long: it stands still")
        if not process.is_well and now - process.since > PATIENCE:
            raise FaqbotError(process.detail)


if __name__ == "__main__":
    try:
        print(check())
    except (FaqbotError, OSError) as error:
        sys.exit(f"unhealthy: {error}")
