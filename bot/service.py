"""The running bot: everything wired together, from start to a clean stop."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import structlog

from bot.answering.apology import Apologies
from bot.answering.look_up import LookUp
from bot.answering.worker import Workers
from bot.app import create_app
from bot.deps import Deps
from bot.job_messages import JobMessages
from bot.patience import patiently
from bot.presence import PresenceReporter
from bot.runner import Runner
from bot.settings import BotSettings
from bot.slack import client as slack
from bot.slack.admins import Admins
from bot.slack.later import Later
from bot.slack.lookup import authenticate
from bot.slack.poster import Poster
from bot.timing import Timing
from bot.transports.base import Transport
from bot.transports.http import HttpTransport
from bot.transports.socket import SocketTransport
from index import processes
from index.errors import SettingsError
from index.generations.follow import Serving
from index.generations.live import Live
from index.generations.rollback import available
from index.generations.setup import initialise, open_engine
from index.settings import IndexSettings
from index.store import Store

# What each way to receive events is authenticated with, besides the bot token.
_SECOND_SECRET = {"socket": "slack_app_token", "http": "slack_signing_secret"}

log = structlog.get_logger(__name__)


class Service:
    """The bot as one object: `start` it, later `stop` it."""

    def __init__(
        self,
        index: IndexSettings,
        bot: BotSettings,
        *,
        config: Path | None = None,
        works: bool = True,
        timing: Timing | None = None,
    ) -> None:
        """Open the store and the index, and check the tokens.

        Args:
            config: The configuration file, for jobs; None: the usual one.
            works: Whether jobs are run here, and the schedule is kept.
            timing: How long it waits; None: as usual.

        Raises:
            FaqbotError: Something is missing or refused; the message says what to do.
        """
        token = _secret(bot, "slack_bot_token")
        second = _secret(bot, _SECOND_SECRET[bot.mode])
        timing = timing or Timing()
        self._finish_patience_s = timing.finish_patience_s
        client = slack.client(token, bot.api_url, timing.slack_timeout_s)
        who = authenticate(client)
        with ExitStack() as opened:
            self.store = Store.open(index.store_url)
            opened.callback(self.store.close)
            engine = open_engine(index)
            opened.callback(engine.close)
            initialise(index, self.store, engine)
            _serve_with_one_thread()
            live = Live.open(index, self.store, engine, patience_s=timing.lock_patience_s)
            self.serving = Serving(
                index,
                self.store,
                engine,
                live,
                every_s=timing.follow_every_s,
                retry_after_s=timing.follow_retry_after_s,
            )
            opened.callback(self.serving.close)
            self._listening = ThreadPoolExecutor(4, thread_name_prefix="listeners")
            self._background = ThreadPoolExecutor(4, thread_name_prefix="clicks")
            posting = slack.posting_client(token, bot.api_url, timing.slack_timeout_s)
            poster = Poster(posting)
            self._later = Later(self._background)
            self._look_up = look_up = LookUp(self.serving, bot.precision_in)
            self._job_messages = JobMessages(
                self.store,
                client,
                posting,
                index.jobs_dir,
                every_s=timing.messages_every_s,
                retry_after_s=timing.messages_retry_after_s,
            )
            self._workers = Workers(
                self.store,
                look_up,
                poster,
                Apologies(poster, self._later),
                count=bot.workers,
                answers_outsiders=bot.answer_outsiders,
            )
            self._runner = Runner(self.store, index, bot, config, serving=self.serving, works=works)
            app = create_app(
                Deps(
                    store=self.store,
                    client=client,
                    settings=bot,
                    team=str(who["team_id"]),
                    admins=Admins(bot.admins, client, str(who["team_id"])),
                    models_dir=index.models_dir,
                    listening=self._listening,
                    background=self._background,
                    later=self._later,
                    look_up=look_up,
                    question_arrived=self._workers.wake,
                    jobs_changed=self._jobs_changed,
                    kept_generations=lambda: available(index, self.store, engine),
                )
            )
            self.transport: Transport = (
                HttpTransport(app, bot.http_host, bot.http_port, second)
                if bot.mode == "http"
                else SocketTransport(
                    app,
                    second,
                    ping_every_s=timing.ping_every_s,
                    first_pause_s=timing.first_pause_s,
                )
            )
            self._presence = PresenceReporter(
                self.store, client, bot.mode, lambda: self.transport.reach
            )
            self._opened = opened.pop_all()
        log.info("authenticated", team=who["team_id"], bot_user=who["user_id"])

    def start(self) -> None:
        """Begin to answer: first what is left in the inbox, then what comes in.

        Raises:
            FaqbotError: No events can come in; the message says why. Everything is closed again.
        """
        # Until the index is complete questions wait in the inbox: no answer is better than one
        # from half an FAQ.
        self.serving.start(caught_up=self._answer)
        try:
            self._job_messages.start()
            self._runner.start()
            self.transport.start()
            self._presence.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take in nothing more, finish what is in hand, leave the rest in the inbox."""
        with ExitStack() as steps:  # the last one first, each whether or not one before failed
            steps.callback(self._opened.close)
            steps.callback(self.serving.stop)
            steps.callback(self._job_messages.stop)
            steps.callback(_finish, self._background, self._finish_patience_s)
            steps.callback(self._later.stop)
            steps.callback(self._listening.shutdown, wait=True)
            steps.callback(self._workers.stop)
            steps.callback(self._runner.stop)
            steps.callback(self.transport.stop)
            steps.callback(self._presence.stop)
        log.info("stopped")

    def _answer(self) -> None:
        self._look_up.complete()
        self._workers.start()

    def _jobs_changed(self) -> None:
        self._job_messages.wake()
        self._runner.wake()


def _finish(executor: ThreadPoolExecutor, patience_s: float) -> None:
    """Let everything queued be done, but after some seconds only what has begun."""
    finishing = threading.Thread(target=executor.shutdown, name="finishing", daemon=True)
    finishing.start()
    finishing.join(patience_s)
    executor.shutdown(wait=True, cancel_futures=True)
    finishing.join()


def serve(
    index: IndexSettings,
    bot: BotSettings,
    *,
    config: Path | None = None,
    works: bool = True,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Run the bot until SIGTERM or SIGINT.

    Args:
        config: The configuration file, for jobs; None: the usual one.
        works: Whether jobs are run here, and the schedule is kept.
        ready: Called when the bot has begun to answer.

    Raises:
        FaqbotError: It cannot start; the message says what to do.
    """
    stop = processes.stop_on_signal()

    def start() -> Service:
        service = Service(index, bot, config=config, works=works)
        service.start()
        return service

    service = patiently(start, bot.start_patience, stop)
    if service is None:
        return
    ready()
    stop.wait()
    log.info("stopping")
    service.stop()


def _secret(bot: BotSettings, key: str) -> str:
    value = bot.secret(key)
    if not value:
        raise SettingsError(
            f"{bot.variable(key)} is not set; `faqbot doctor` says where to find it"
        )
    return value


def _serve_with_one_thread() -> None:
    # Beside other load, two threads for one short text wait for each other far more than they
    # save; several questions at a time use several cores anyway.
    import torch

    torch.set_num_threads(1)
