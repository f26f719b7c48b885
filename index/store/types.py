"""The values that travel between the store and the rest: plain frozen dataclasses."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from index.text import fold

PAIR_NAMESPACE = uuid.UUID("5b0f4f6e-6f0c-5b39-9d27-0a8f6a3d9d11")


class Status(StrEnum):
    """Where a pair stands: only active ones are answered with."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Origin(StrEnum):
    """Where a further wording of a question came from."""

    IMPORT = "import"
    VOTE = "vote"
    PICK = "pick"
    THREAD = "thread"  # only imports bring it: docs/importing.md names it
    ADMIN = "admin"


class QuestionState(StrEnum):
    """Where a question stands on its way through the inbox."""

    RECEIVED = "received"
    ANSWERING = "answering"
    ANSWERED = "answered"
    OFFERED = "offered"
    UNSURE = "unsure"
    SILENT = "silent"
    HELPED = "helped"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a click says of an answer, or of all that were offered."""

    SOLVED = "solved"
    NOT_IT = "not_it"
    PICKED = "picked"


@dataclass(frozen=True)
class Phrasing:
    """A further wording of a pair's question."""

    text: str
    origin: Origin = Origin.IMPORT


class _Worded:
    """What a pair and its draft have in common: a question and its further wordings."""

    question: str
    phrasings: tuple[Phrasing, ...]

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question, then its further phrasings, each text once."""
        return tuple(dict.fromkeys((self.question, *(p.text for p in self.phrasings))))

    def has_wording(self, text: str) -> bool:
        """Whether a text is one of the wordings, but for case and spaces."""
        return fold(text) in map(fold, self.wordings)


@dataclass(frozen=True)
class PairDraft(_Worded):
    """A pair as it is about to be written.

    Attributes:
        status: None keeps the stored status, except that a retired pair comes back.
        created_at: None means now.
    """

    source: str
    external_id: str
    question: str
    answer: str
    phrasings: tuple[Phrasing, ...] = ()
    topic: str | None = None
    url: str | None = None
    tags: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    status: Status | None = None
    author: str | None = None
    created_at: datetime | None = None

    @cached_property
    def id(self) -> str:
        """The pair's id: the same for the same source and external id, in every store."""
        return pair_id(self.source, self.external_id)


def pair_id(source: str, external_id: str) -> str:
    """UUIDv5 of a source and the pair's id there."""
    return str(uuid.uuid5(PAIR_NAMESPACE, f"{source}\x1f{external_id}"))


@dataclass(frozen=True)
class Pair(_Worded):
    """An FAQ entry as it is stored.

    Attributes:
        audience: Ids of the channels that may see it, and `outsiders`; `index.store.visibility`
            says what they mean.
        revision: The store's revision at which it last changed.
    """

    id: str
    source: str
    external_id: str
    question: str
    answer: str
    phrasings: tuple[Phrasing, ...]
    topic: str | None
    url: str | None
    tags: tuple[str, ...]
    audience: tuple[str, ...]
    status: Status
    author: str | None
    created_at: datetime
    updated_at: datetime
    revision: int


@dataclass(frozen=True)
class NewQuestion:
    """A question as Slack delivered it.

    Attributes:
        outside: Whether people of other organisations read where it was asked, or asked it.
        with_files: Whether files came with it, such as pictures.
    """

    team: str
    channel: str
    ts: str
    thread_ts: str | None
    user: str
    text: str
    direct: bool
    outside: bool = False
    with_files: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was decided for a question, recorded with it.

    Attributes:
        state: What the question is, once its reply is in the thread.
        pair_id: The pair that is the answer; None where none is sure.
        candidates: The pairs that are shown, best first.
    """

    state: QuestionState
    pair_id: str | None
    matched_text: str | None
    candidates: tuple[str, ...]
    confidence: float | None
    model: str | None
    generation: int | None


@dataclass(frozen=True)
class Question:
    """A question in the inbox.

    Attributes:
        outside: Whether people of other organisations read where it was asked, or asked it.
        private: Whether only its asker may know of it: it was asked with a command.
        outcome: Its state once its reply is known to be in the thread.
    """

    id: str
    team: str
    channel: str
    ts: str
    thread_ts: str | None
    user: str
    text: str
    direct: bool
    outside: bool
    state: QuestionState
    attempts: int
    posting_until: datetime | None
    outcome: QuestionState | None
    reply_ts: str | None
    pair_id: str | None
    matched_text: str | None
    candidates: tuple[str, ...]
    confidence: float | None
    model: str | None
    generation: int | None
    error: str | None
    received_at: datetime
    finished_at: datetime | None
    private: bool = False
    with_files: bool = False


class GenerationState(StrEnum):
    """Where a generation stands; which ready one is live, the pointer says."""

    BUILDING = "building"
    READY = "ready"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Generation:
    """A model version and the collection built with it.

    Attributes:
        indexed_revision: All changes of pairs up to this revision are in the collection.
        job_id: The job that built it; None for the first.
        live_at: When it last became the one that answers; None where it never did.
    """

    id: int
    model_version: str
    collection: str
    state: GenerationState
    indexed_revision: int
    created_at: datetime
    job_id: int | None = None
    live_at: datetime | None = None


class JobKind(StrEnum):
    """The kinds of long work that code speaks of by name; `index.jobs.registry` has them all."""

    IMPORT = "import"
    RETRAIN = "retrain"
    REINDEX = "reindex"
    ROLLBACK = "rollback"
    CHECK = "check"
    PURGE = "purge"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Job:
    """A piece of long work: what ran, how far it came, how it ended.

    Attributes:
        kind: Its name in `index.jobs.registry`.
        progress: Share that is done, 0 to 1.
        detail: One line: what it is doing now, or how it ended.
        arguments: What was asked for, such as {"depth": "head"}.
        requested_by: A Slack user id, "schedule" or "command line".
        owner: The process that runs it.
        channel: With `message_ts`, the Slack message that shows its progress, until that shows
            how it ended. Without, where that message is to be posted.
    """

    id: int
    kind: str
    state: JobState
    progress: float
    detail: str | None
    result: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    requested_by: str | None = None
    requested_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    slot: str | None = None
    owner: str | None = None
    cancel_requested: bool = False
    channel: str | None = None
    message_ts: str | None = None


@dataclass(frozen=True)
class Golden:
    """A question that a new model must not get wrong, and the pair that answers it."""

    id: int
    question: str
    pair_id: str
    created_by: str | None
    created_at: datetime


@dataclass(frozen=True)
class Vote:
    """A person's last word on a question's answer.

    Attributes:
        pair_id: The pair it is about; None where it is about all that were offered.
    """

    user: str
    pair_id: str | None
    verdict: Verdict
    created_at: datetime


class SuggestionState(StrEnum):
    """Where a suggestion stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Suggestion:
    """A text that people asked, as a further wording of the pair that they picked for it.

    Attributes:
        text: Empty once it is decided.
        picks: How many people stand behind it.
        decided_by: A Slack user id, "command line" or "rule".
    """

    id: int
    pair_id: str
    text: str
    state: SuggestionState
    picks: int
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None
