"""From a stored question to a reply: search, decide, post, record. Run by the inbox workers."""

import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.cards import AnswerCard, Entry, Message, UnsureCard, answer_message, unsure_message
from bot.markup import question_text
from bot.slack import Poster, SlackRefused, SlackUnavailable
from index.errors import FaqbotError
from index.live import Live
from index.search.decision import Decision, decide
from index.search.searcher import Match
from index.store import Store
from index.store.types import Outcome, Question, State

# Attempts before a question is marked failed: with the delays below about two minutes.
MAX_ATTEMPTS = 8
MAX_DELAY_S = 60.0
# How often an idle worker looks for questions that came due without anybody waking it.
POLL_S = 0.5
# The best answer and two more.
CANDIDATES = 3

log = structlog.get_logger(__name__)


class Workers:
    """Threads that take questions from the inbox and answer them."""

    def __init__(
        self, store: Store, live: Live, poster: Poster, *, threshold: float, count: int
    ) -> None:
        self._store = store
        self._live = live
        self._poster = poster
        self._threshold = threshold
        self._owner = f"{_machine()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._wake = threading.Condition()
        self._stopping = False
        self._cooling: dict[str, float] = {}
        self._threads = [
            threading.Thread(target=self._run, args=(f"{self._owner}:{i}",), name=f"worker-{i}")
            for i in range(count)
        ]

    def start(self) -> None:
        """Take back what a killed predecessor on this machine held, and start."""
        for owner in self._store.inbox.claimants():
            if _is_dead(owner):
                released = self._store.inbox.release_dead(owner)
                log.info("questions_recovered", count=released)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Say that a question has come in."""
        with self._wake:
            self._wake.notify()

    def stop(self, timeout: float = 30.0) -> None:
        """Let every worker finish the question in its hands; the rest stays in the inbox."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, owner: str) -> None:
        while not self._stopping:
            try:
                question = self._store.inbox.claim(owner, skip_channels=self._cooling_channels())
                if question is not None:
                    self._answer(question, owner)
                    continue
            except Exception as error:
                # Whatever it was, the question is in the inbox and its lease will end.
                log.error("worker_failed", error=type(error).__name__)
            with self._wake:
                if not self._stopping:
                    self._wake.wait(POLL_S)

    def _answer(self, question: Question, owner: str) -> None:
        inbox = self._store.inbox
        try:
            # An earlier attempt may have reached Slack before it was cut off.
            if question.posting_since and (ts := self._poster.find_reply(question)):
                state = State.ANSWERED if question.pair_id else State.UNSURE
                inbox.finish(question.id, state, ts)
                log.info("reply_found", question=question.id)
            else:
                self._reply(question, owner)
        except SlackUnavailable as error:
            self._retry(question, error)
        except SlackRefused as error:
            self._give_up(question, f"Slack refused: {error}")
        except FaqbotError as error:
            log.error("answering_failed", question=question.id, reason=str(error))
            self._retry(question, SlackUnavailable(str(error)))
        except Exception as error:
            log.error("answering_failed", question=question.id, error=type(error).__name__)
            self._retry(question, SlackUnavailable(f"unexpected {type(error).__name__}"))

    def _reply(self, question: Question, owner: str) -> None:
        started = time.monotonic()
        inbox = self._store.inbox
        matches = self._live.searcher.search(
            question_text(question.text), channel=question.channel, limit=CANDIDATES
        )
        decision = decide(matches, direct=question.direct, threshold=self._threshold)
        best = matches[0] if matches else None
        outcome = Outcome(
            pair_id=best.pair.id if best and decision is Decision.ANSWER else None,
            matched_text=best.matched_text if best else None,
            candidates=tuple(match.pair.id for match in matches),
            confidence=best.confidence if best else None,
            model=self._live.embedder.model.version,
            generation=self._live.generation.id,
        )
        found_in = time.monotonic() - started
        if not inbox.begin_posting(question.id, owner, outcome):
            log.warning("claim_lost", question=question.id)
            return
        ts = None
        if decision is not Decision.SILENT:
            ts = self._poster.reply(question, _message(question, matches, decision), outcome)
        inbox.finish(question.id, _STATES[decision], ts)
        log.info(
            "question_finished",
            question=question.id,
            channel=question.channel,
            decision=decision,
            pair=outcome.pair_id,
            confidence=None if best is None else round(best.confidence, 3),
            generation=outcome.generation,
            search_ms=round(found_in * 1000, 1),
            total_ms=round((time.monotonic() - started) * 1000, 1),
        )

    def _retry(self, question: Question, error: SlackUnavailable) -> None:
        if error.retry_after is not None:
            # The limit is the channel's: its other questions would only run into it as well.
            self._cooling[question.channel] = time.monotonic() + error.retry_after
            delay = timedelta(seconds=error.retry_after)
            self._store.inbox.retry_later(question.id, delay, str(error), counts=False)
            return
        if question.attempts >= MAX_ATTEMPTS:
            self._give_up(question, f"gave up after {question.attempts} attempts: {error}")
            return
        seconds = min(MAX_DELAY_S, 2.0 ** (question.attempts - 1)) * random.uniform(0.7, 1.3)
        self._store.inbox.retry_later(question.id, timedelta(seconds=seconds), str(error))
        log.warning("question_retried", question=question.id, attempt=question.attempts)

    def _give_up(self, question: Question, reason: str) -> None:
        self._store.inbox.fail(question.id, reason)
        log.error("question_failed", question=question.id, reason=reason)

    def _cooling_channels(self) -> list[str]:
        now = time.monotonic()
        return [channel for channel, until in list(self._cooling.items()) if until > now]


_STATES = {
    Decision.ANSWER: State.ANSWERED,
    Decision.UNSURE: State.UNSURE,
    Decision.SILENT: State.SILENT,
}


def entry(match: Match) -> Entry:
    """A match as a card shows it."""
    pair = match.pair
    return Entry(
        pair_id=pair.id,
        question=pair.question,
        matched=match.matched_text,
        answer=pair.answer,
        url=pair.url,
    )


def _message(question: Question, matches: Sequence[Match], decision: Decision) -> Message:
    entries = tuple(entry(match) for match in matches)
    if decision is Decision.ANSWER:
        return answer_message(AnswerCard(question.id, entries[0], entries[1:]))
    return unsure_message(UnsureCard(question.id, entries))


def _machine() -> str:
    """Names what a process id is unique in: this host, and this container where it is one."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        namespace = 0  # no Linux, no namespaces
    return f"{socket.gethostname()}/{namespace}"


def _is_dead(owner: str) -> bool:
    """Whether a claim was made by a process of this machine that is no more.

    Of other machines nothing is known; there the lease of a claim decides.
    """
    machine, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if machine != _machine() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # a predecessor whose id we were given
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
