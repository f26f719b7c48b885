"""Is the bot in this container well? Exit status 0 says yes.

Over HTTP its server has to answer; in either mode the store has to. A bot that died needs no
check: it is the container's first process. A lost Socket Mode connection is not seen here; the
bot itself notices it and connects anew.
"""

import sys
import urllib.request

from bot.settings import BotSettings
from index.errors import FaqbotError
from index.settings import IndexSettings
from index.store import Store
from index.store.inbox import OPEN

HEALTH_PATH = "/healthz"
TIMEOUT_S = 5


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
        open_questions = sum(store.inbox.count()[state] for state in OPEN)
    finally:
        store.close()
    return f"ok, {open_questions} questions open"


if __name__ == "__main__":
    try:
        print(check())
    except (FaqbotError, OSError) as error:
        sys.exit(f"unhealthy: {error}")
