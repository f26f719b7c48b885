"""Long jobs in Slack: one message each, updated until it shows how the job ended.

A job runs wherever its worker is; only the store connects it with its message. A job that names
a channel is still to be shown there (`Jobs.announced`); when its message shows the end, the name
is taken away. So a bot that was down while a job ended brings its message to an end later.
"""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.cards import wording
from bot.cards.admin import job_message
from bot.slack.client import SlackRefused, SlackUnavailable, explain
from bot.slack.lookup import is_user_id
from bot.slack.message import Message
from index.errors import FaqbotError
from index.store import Store
from index.store.types import Job, JobKind

# How often a message is updated, where something has changed: Slack takes 50 a minute.
EVERY_S = 3.0
RETRY_AFTER_S = 5.0
# A message that Slack has not taken for so long after its job's end stays as it is.
GIVE_UP_AFTER = timedelta(days=1)
MAX_PICTURES = 4

METADATA_EVENT = "faqbot_job"
# Held by the one of several bots that updates the messages.
_LOCK = "job-messages"

log = structlog.get_logger(__name__)


class JobMessages:
    """The thread that posts and updates the messages of jobs."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        posting: WebClient,
        jobs_dir: Path,
        *,
        every_s: float = EVERY_S,
        retry_after_s: float = RETRY_AFTER_S,
    ) -> None:
        """Args:
        posting: A client that repeats no call by itself.
        jobs_dir: Where the jobs' reports are, if they ran on this machine.
        every_s: Seconds between two rounds in which there is nothing new.
        retry_after_s: Seconds after a failure for which Slack names no others.
        """
        self._store = store
        self._client = client
        self._posting = posting
        self._jobs_dir = jobs_dir
        self._every_s = every_s
        self._retry_after_s = retry_after_s
        self._shown: dict[int, Message] = {}
        self._quiet_until = 0.0
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-messages", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: a job was asked for, or cancelled."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread; what is not shown yet is shown after the next start."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._follow()
            except Exception as error:  # a dead thread would go unnoticed
                known = isinstance(error, FaqbotError)
                log.error("job_messages_failed", reason=str(error) if known else _name(error))
                self._be_quiet(self._retry_after_s)
            self._rest()

    def _follow(self) -> None:
        """Show what there is to show, until every message shows its end."""
        if not self._due():
            return
        with self._store.database.try_lock(_LOCK) as free:
            while free and not self._stopping and (due := self._due()):
                running = self._running()
                for job in due:
                    if not self._stopping and time.monotonic() >= self._quiet_until:
                        self._show(job, running)
                self._rest()

    def _due(self) -> list[Job]:
        """The jobs to show: those people asked for from the start, others when they are over."""
        return [
            job
            for job in self._store.jobs.announced()
            if job.state.is_over or is_user_id(job.requested_by or "")
        ]

    def _running(self) -> Job | None:
        self._store.jobs.fail_abandoned()  # or a killed worker's job would seem to run on
        return self._store.jobs.running()

    def _show(self, job: Job, running: Job | None) -> None:
        try:
            message = job_message(job, running)
            if job.message_ts is None:
                channel, ts = self._posted(job, message)
            else:
                channel, ts = str(job.channel), job.message_ts
                if self._shown.get(job.id) != message:
                    self._update(channel, ts, message)
            self._shown[job.id] = message
            if job.state.is_over:
                self._upload_pictures(job, channel, ts)
                self._close(job)
        except SlackRefused as refused:
            # Such as a message that somebody deleted: there is nothing to show it in.
            log.warning("job_not_shown", job=job.id, channel=job.channel, reason=str(refused))
            self._close(job)
        except SlackUnavailable as failed:
            log.warning("job_shown_later", job=job.id, channel=job.channel, reason=str(failed))
            if job.finished_at and job.finished_at < datetime.now(UTC) - GIVE_UP_AFTER:
                self._close(job)
            self._be_quiet(failed.retry_after or self._retry_after_s)
        except FaqbotError:
            raise
        except Exception as error:  # one job must not keep the others from being shown
            log.error("job_not_shown", job=job.id, channel=job.channel, reason=_name(error))
            self._close(job)

    def _close(self, job: Job) -> None:
        self._store.jobs.set_message(job.id, None, None)
        self._shown.pop(job.id, None)

    def _posted(self, job: Job, message: Message) -> tuple[str, str]:
        """Post a job's message, where it is not there already; returns its channel and ts.

        Where the bot cannot post in the channel, it writes to the person who asked.

        Raises:
            SlackUnavailable: It may have been posted or not.
            SlackRefused: It was not posted.
        """
        channel = str(job.channel)
        ts = self._find(job, channel)
        if ts is not None:
            self._update(channel, ts, message)
        else:
            try:
                response = self._post(channel, job, message)
            except SlackRefused:
                if not is_user_id(job.requested_by or ""):
                    raise
                response = self._post(str(job.requested_by), job, message)
            channel, ts = str(response["channel"]), str(response["ts"])
        self._store.jobs.set_message(job.id, channel, ts)
        return channel, ts

    def _post(self, channel: str, job: Job, message: Message) -> SlackResponse:
        try:
            return self._posting.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": METADATA_EVENT, "event_payload": _identity(job)},
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            raise explain(error) from error

    def _find(self, job: Job, channel: str) -> str | None:
        """The ts of a job's message that was posted, but not recorded: its answer was lost.

        Raises:
            SlackUnavailable: The channel cannot be read now.
        """
        try:
            page = self._client.conversations_history(
                channel=channel, include_all_metadata=True, limit=100
            )
        except Exception as error:
            explained = explain(error)
            if isinstance(explained, SlackRefused):
                return None  # where it cannot read, it could not have posted
            raise explained from error
        for shown in page.get("messages") or ():
            if _shows(job, shown):
                return str(shown["ts"])
        return None

    def _update(self, channel: str, ts: str, message: Message) -> None:
        try:
            self._client.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=message.blocks
            )
        except Exception as error:
            raise explain(error) from error

    def _upload_pictures(self, job: Job, channel: str, ts: str) -> None:
        """Add the pictures of a report below its message, as far as they are on this machine.

        Tried once: the figures stand in the message too.
        """
        pictures = sorted((self._jobs_dir / str(job.id)).glob("*.png"))[:MAX_PICTURES]
        if job.kind != JobKind.RETRAIN or not pictures:
            return
        uploads = [
            {
                "file": str(picture),
                "filename": picture.name,
                "title": _caption(picture),
                "alt_txt": wording.picture_described(_caption(picture), job.id),
            }
            for picture in pictures
        ]
        try:
            self._posting.files_upload_v2(channel=channel, thread_ts=ts, file_uploads=uploads)
        except Exception as error:
            log.warning("pictures_not_uploaded", job=job.id, reason=str(explain(error)))

    def _be_quiet(self, seconds: float) -> None:
        self._quiet_until = time.monotonic() + seconds

    def _rest(self) -> None:
        """Wait for the next round, or to be woken; but never less than Slack asked for."""
        if not self._stopping:
            self._wake.wait(self._every_s)
            self._wake.clear()
        while not self._stopping and (left := self._quiet_until - time.monotonic()) > 0:
            self._wake.wait(left)
            self._wake.clear()


def _identity(job: Job) -> dict[str, Any]:
    """What tells a job from all others: ids alone begin again in a new store."""
    asked = job.requested_at.isoformat() if job.requested_at else ""
    return {"job_id": job.id, "requested_at": asked}


def _shows(job: Job, message: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    return metadata.get("event_type") == METADATA_EVENT and metadata.get(
        "event_payload"
    ) == _identity(job)


def _caption(picture: Path) -> str:
    return picture.stem.replace("_", " ").replace("-", " ").capitalize()


def _name(error: Exception) -> str:
    return type(error).__name__
