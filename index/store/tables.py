"""The tables of the store. The migrations create them; a test holds the two against each other."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite alone would give naive ones back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives row ids only to INTEGER keys.
BigId = BigInteger().with_variant(Integer, "sqlite")

# Single numbers that every process agrees on: `revision`, which grows with every change of a
# pair, `live_generation`, the one pointer that says which generation answers, and `schedule_...`,
# since when (seconds since 1970) a kind of job is on the schedule.
pointers = Table(
    "pointers",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=True),
)

pairs = Table(
    "pairs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("topic", Text, nullable=True),
    Column("url", Text, nullable=True),
    Column("tags", JSON, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("status", String(10), nullable=False),
    Column("author", String(200), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("source", "external_id"),
    # How the index follows the store: in this order, from the last revision it has seen.
    Index(None, "revision", "id"),
)

phrasings = Table(
    "phrasings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pair_id", ForeignKey("pairs.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", LargeBinary(16), nullable=False),
    Column("origin", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("pair_id", "text_hash"),
)

# Every question taken in; also the durable inbox.
questions = Table(
    "questions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("team", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("ts", String(40), nullable=False),
    Column("thread_ts", String(40), nullable=True),
    Column("user", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("direct", Boolean, nullable=False),
    # Whether people of other organisations read where it was asked.
    Column("outside", Boolean, nullable=False, server_default=false()),
    # Asked with the command /faq: nobody else has read it, or may.
    Column("private", Boolean, nullable=False, server_default=false()),
    Column("with_files", Boolean, nullable=False, server_default=false()),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("claimed_by", String(100), nullable=True),
    Column("claimed_until", UtcDateTime, nullable=True),
    # Set just before the reply is sent: until then it may still arrive in the thread.
    Column("posting_until", UtcDateTime, nullable=True),
    # The state that it is in once that reply is known to have arrived.
    Column("outcome", String(12), nullable=True),
    Column("reply_ts", String(40), nullable=True),
    Column("pair_id", String(36), nullable=True),
    Column("matched_text", Text, nullable=True),
    Column("candidates", JSON, nullable=True),
    Column("confidence", Float, nullable=True),
    Column("model", String(100), nullable=True),
    Column("generation", BigInteger, nullable=True),
    Column("latency_ms", Float, nullable=True),
    Column("error", Text, nullable=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=True),
    UniqueConstraint("team", "channel", "ts"),
    Index(None, "state", "not_before"),
    Index(None, "received_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), nullable=False),
    Column("pair_id", String(36), nullable=True),
    Column("user", String(40), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # The suggestion that this vote speaks for.
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="SET NULL"), nullable=True),
    UniqueConstraint("question_id", "user"),
    Index(None, "suggestion_id"),
)

# What people asked, as a further wording of the pair that they picked.
suggestions = Table(
    "suggestions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pair_id", ForeignKey("pairs.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    # Of the folded text; kept when the text is gone, so that nothing is suggested twice.
    Column("text_hash", LargeBinary(16), nullable=False),
    Column("state", String(10), nullable=False),
    Column("decided_by", String(200), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime, nullable=True),
    UniqueConstraint("text_hash", "pair_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("progress", Float, nullable=False),
    Column("detail", Text, nullable=True),
    Column("result", JSON, nullable=True),
    Column("arguments", JSON, nullable=True),
    Column("requested_by", String(200), nullable=True),
    Column("requested_at", UtcDateTime, nullable=True),
    Column("started_at", UtcDateTime, nullable=True),
    Column("finished_at", UtcDateTime, nullable=True),
    # The time on the schedule that a job stands for: however many processes ask, it runs once.
    Column("slot", String(40), nullable=True),
    # Who runs it, and until when nobody else may take it for dead.
    Column("owner", String(100), nullable=True),
    Column("lease_until", UtcDateTime, nullable=True),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    # The Slack message that shows its progress.
    Column("channel", String(40), nullable=True),
    Column("message_ts", String(40), nullable=True),
    UniqueConstraint("kind", "slot"),
)

generations = Table(
    "generations",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("model_version", String(100), nullable=False),
    Column("collection", String(100), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    # All changes of pairs up to this revision are in the collection, on disk.
    Column("indexed_revision", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # The job that built it; none for the first.
    Column("job_id", BigInteger, nullable=True),
    # When it last became the one that answers.
    Column("live_at", UtcDateTime, nullable=True),
)

# The processes that answer, as each says of itself every few seconds.
processes = Table(
    "processes",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("mode", String(10), nullable=False),
    # Whether Slack reaches it; `detail` says it in words.
    Column("is_well", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

# What there is one of for all processes, in words.
notes = Table(
    "notes",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

# Questions that a new model must not get wrong.
golden = Table(
    "golden",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("question", Text, nullable=False),
    Column("text_hash", LargeBinary(16), nullable=False, unique=True),
    Column("pair_id", ForeignKey("pairs.id", ondelete="CASCADE"), nullable=False),
    Column("created_by", String(200), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
)

# The encoder's output for a text: a frozen encoder never has to see a text twice.
embeddings = Table(
    "embeddings",
    metadata,
    Column("encoder_id", String(64), primary_key=True),
    Column("text_hash", LargeBinary(16), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)
