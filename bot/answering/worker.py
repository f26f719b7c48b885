"""From a stored question to a reply: search, decide, post, record. Run by the inbox workers."""

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.answering.apology import Apologies
from bot.answering.context import Context, asks_something
from bot.answering.look_up import Asked, LookUp
from bot.answering.reply import of_its_files, reply_message, short_reply
from bot.slack.client import (
    CardRefused,
    SlackRefused,
    SlackUnavailable,
    ThreadUnreadable,
    TooLate,
)
from bot.slack.message import Message
from bot.slack.poster import Poster
from index import processes
from index.errors import FaqbotError
from index.ranking.decision import Decision
from index.store import Store
from index.store.inbox import LEASE, Inbox
from index.store.types import Outcome, Question, QuestionState
from index.store.visibility import may_show, place_of

# Attempts before a question is marked failed: with the delays below about two minutes.
MAX_ATTEMPTS = 8
MAX_DELAY_S = 60.0
# How often an idle worker looks for questions that came due without anybody waking it.
POLL_S = 0.5

log = structlog.get_logger(__name__)


class Workers:
    """Threads that take questions from the inbox and answer them."""

    def __init__(
        self,
        store: Store,
        look_up: LookUp,
        poster: Poster,
        apologies: Apologies,
        *,
        count: int,
        answers_outsiders: bool = False,
    ) -> None:
        """Args:
        answers_outsiders: Whether people of other organisations are shown what is marked for
            them.
        """
        self._answers_outsiders = answers_outsiders
        self._store = store
        self._look_up = look_up
        self._poster = poster
        self._apologies = apologies
        self._context = Context(store.inbox, poster)
        self._wake = threading.Condition()
        self._stopping = False
        self._cooling: dict[str, float] = {}
        # The questions that threads of this process answer now, by owner: a clock that is set
        # forward ends their leases in the store, but nobody may take them over for that.
        self._in_hand: dict[str, tuple[str, float]] = {}
        self._threads = [
            threading.Thread(
                target=self._run, args=(f"{processes.owner()}:{i}",), name=f"worker-{i}"
            )
            for i in range(count)
        ]

    def start(self) -> None:
        """Start, and take back what a killed predecessor on this machine held."""
        for thread in self._threads:
            thread.start()
        try:
            for owner in self._store.inbox.claimants():
                if processes.is_dead(owner):
                    released = self._store.inbox.release_dead(owner)
                    log.info("questions_recovered", count=released)
        except FaqbotError as error:
            # Their leases will end.
            log.error("recovery_failed", reason=str(error))

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
                question = self._store.inbox.claim(
                    owner, skip_channels=self._cooling_channels(), skip=self._held()
                )
                if question is not None:
                    self._in_hand[owner] = (question.id, time.monotonic())
                    try:
                        self._answer(question, owner)
                    finally:
                        del self._in_hand[owner]
                    continue
            except Exception as error:
                # The thread must go on. The question stays in the inbox until its lease ends.
                log.error("worker_failed", error=type(error).__name__)
            with self._wake:
                if not self._stopping:
                    self._wake.wait(POLL_S)

    def _answer(self, question: Question, owner: str) -> None:
        claimed = _Claimed(self._store.inbox, question, owner)
        try:
            if question.posting_until is None or self._is_absent(question, claimed):
                if question.attempts > MAX_ATTEMPTS:
                    self._give_up(
                        claimed, f"gave up after {MAX_ATTEMPTS} attempts: {question.error}"
                    )
                else:
                    self._reply(question, claimed)
        except SlackUnavailable as error:  # while looking
            self._cool(question.channel, error)
            claimed.wait(error.retry_after or claimed.backoff, str(error))
        except ThreadUnreadable as error:
            claimed.fail(f"Slack refused: {error}")  # the answer may be there: nothing denies it
        except SlackRefused as error:
            self._give_up(claimed, f"Slack refused: {error}", refusal=str(error))
        except FaqbotError as error:
            log.error("answering_failed", question=question.id, reason=str(error))
            claimed.retry(str(error))
        except Exception as error:
            log.error("answering_failed", question=question.id, error=type(error).__name__)
            claimed.retry(f"unexpected {type(error).__name__}")

    def _give_up(self, claimed: "_Claimed", reason: str, *, refusal: str | None = None) -> None:
        """Mark a question failed, and tell whoever addressed the bot with it."""
        if not claimed.fail(reason) or not claimed.question.direct:
            return
        if refusal != "thread_not_found":  # of what was deleted nobody waits for an answer
            self._apologies.tell(claimed.question, refusal)

    def _is_absent(self, question: Question, claimed: "_Claimed") -> bool:
        """Whether the reply that was sent before is proven not to be in the thread.

        Where it is there, or may still arrive, the question is dealt with here.
        """
        assert question.posting_until is not None
        # The time is taken before the look: what arrives in between must not be missed.
        remaining = (question.posting_until - datetime.now(UTC)).total_seconds()
        if ts := self._poster.find_reply(question):
            claimed.finish(
                question.outcome
                or (QuestionState.ANSWERED if question.pair_id else QuestionState.UNSURE),
                ts,
            )
            log.info("reply_found", question=question.id)
            return False
        if remaining > 0:
            claimed.wait(remaining, question.error or "not known yet if the reply arrived")
            return False
        return True

    def _reply(self, question: Question, claimed: "_Claimed") -> None:
        started = time.monotonic()
        question = self._context.read(question)
        if question.direct and not asks_something(question):
            line, helped = short_reply(question)
            if self._post(question, claimed, line, helped):
                log.info("question_finished", question=question.id, decision=helped.state)
            return
        found = self._look_up.find(self._asked(question))
        decision, outcome, best = found.decision, found.outcome, found.best
        found_in = time.monotonic() - started
        message = None
        if decision is not Decision.SILENT:
            message = reply_message(question.id, found.shown, decision, found.threshold)
            message = of_its_files(message, question)
        if not self._post(question, claimed, message, outcome):
            return
        log.info(
            "question_finished",
            question=question.id,
            channel=question.channel,
            decision=decision,
            pair=outcome.pair_id,
            confidence=None if best is None else round(best.confidence, 3),
            threshold=found.threshold,
            generation=outcome.generation,
            search_ms=round(found_in * 1000, 1),
            total_ms=round((time.monotonic() - started) * 1000, 1),
        )

    def _post(
        self, question: Question, claimed: "_Claimed", message: Message | None, outcome: Outcome
    ) -> bool:
        """Note what was decided, post the reply and record it.

        Args:
            message: None for silence.

        Returns:
            Whether it is done; else the question has been given back, or is another's.
        """
        while True:
            noted = processes.Age()
            if not self._store.inbox.begin_posting(question.id, claimed.owner, outcome):
                log.warning("claim_lost", question=question.id)
                return False
            if not self._may_still_show(question, outcome):
                log.info("entry_hidden_meanwhile", question=question.id)
                claimed.wait(0.0, "what was found may not be shown there any more", sent=False)
                return False
            try:
                ts = None
                if message is not None:
                    ts = self._poster.reply(question, message, outcome, noted=noted)
                break
            except TooLate:  # nothing was sent; whose question it is now, the inbox knows
                log.warning("post_delayed", question=question.id, seconds=round(noted.seconds))
            except CardRefused as error:
                if message is None or not message.blocks:
                    raise
                log.warning("card_refused", question=question.id, reason=str(error))
                message = message.in_plain_text  # noted anew: it has its own time to arrive
            except SlackUnavailable as error:
                self._cool(question.channel, error)
                claimed.post_failed(error)
                return False
        claimed.finish(outcome.state, ts)
        return True

    def _may_still_show(self, question: Question, outcome: Outcome) -> bool:
        """Whether all that was found may still be shown: a process may stand still for hours."""
        pairs = self._store.pairs.get(outcome.candidates)
        place = place_of(question, answers_outsiders=self._answers_outsiders)
        return all(may_show(pairs.get(pair_id), place) for pair_id in outcome.candidates)

    def _asked(self, question: Question) -> Asked:
        """What is asked, with what was asked before it where it speaks of that."""
        before = None
        if question.thread_ts is not None and question.thread_ts != question.ts:
            before = self._store.inbox.asked_in_thread(
                question.team, question.channel, question.thread_ts, question.user, question.ts
            )
        return Asked(
            question.text,
            place_of(question, answers_outsiders=self._answers_outsiders),
            question.direct,
            just_before=lambda: self._store.inbox.said_before(question),
            in_thread=before.text if before else None,
            answered_with=before.pair_id if before else None,
        )

    def _held(self) -> list[str]:
        """What other threads have in their hands; not what one of them can only be stuck with."""
        now, limit = time.monotonic(), LEASE.total_seconds()
        return [held for held, since in list(self._in_hand.values()) if now - since < limit]

    def _cool(self, channel: str, error: SlackUnavailable) -> None:
        """Skip a channel while Slack limits it: its other questions would be refused as well."""
        if error.retry_after is not None:
            self._cooling[channel] = time.monotonic() + error.retry_after

    def _cooling_channels(self) -> list[str]:
        now = time.monotonic()
        return [channel for channel, until in list(self._cooling.items()) if until > now]


@dataclass(frozen=True)
class _Claimed:
    """A question in a worker's hands, and the ways it leaves them."""

    inbox: Inbox
    question: Question
    owner: str

    @property
    def backoff(self) -> float:
        """Seconds to the next attempt: doubling, with jitter, so that not all come back at once."""
        seconds = min(MAX_DELAY_S, 2.0 ** (self.question.attempts - 1))
        return seconds * random.uniform(0.7, 1.3)

    def finish(self, state: QuestionState, ts: str | None) -> None:
        if not self.inbox.finish(self.question.id, state, ts, owner=self.owner):
            log.warning("claim_lost", question=self.question.id)

    def fail(self, reason: str) -> bool:
        """Give it up; whether the claim still held."""
        held = self.inbox.fail(self.question.id, reason, owner=self.owner)
        log.error("question_failed", question=self.question.id, reason=reason)
        return held

    def wait(self, seconds: float, reason: str, *, sent: bool | None = None) -> None:
        """Come back later; this was no attempt."""
        delay = timedelta(seconds=seconds)
        self.inbox.retry_later(
            self.question.id, delay, reason, owner=self.owner, counts=False, sent=sent
        )

    def retry(self, reason: str, *, sent: bool | None = None) -> None:
        """Try again later; after the last attempt only a last look into the thread is left."""
        is_last = self.question.attempts >= MAX_ATTEMPTS
        delay = timedelta(seconds=0.0 if is_last else self.backoff)
        self.inbox.retry_later(self.question.id, delay, reason, owner=self.owner, sent=sent)
        log.warning("question_retried", question=self.question.id, attempt=self.question.attempts)

    def post_failed(self, error: SlackUnavailable) -> None:
        """Post again later; what is known of this try decides how careful to be."""
        if error.retry_after is not None:
            # Slack did not carry it out, and it was no fault of the question.
            self.wait(error.retry_after, str(error), sent=False)
        else:
            self.retry(str(error), sent=True if error.answered else None)
