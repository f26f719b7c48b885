"""A store of an earlier version: its schema is brought up to date, and nothing is lost."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from index.store import Store
from index.store.database import _alembic_config
from index.store.leases import Claim
from index.store.tables import metadata
from index.store.types import JobKind, JobState, QuestionState, Verdict

# What version 0.1 of the first schema wrote: a live generation, imports, a question, a vote.
ROWS = [
    """INSERT INTO pairs (id, source, external_id, question, answer, tags, audience, status,
       created_at, updated_at, revision) VALUES ('p1', 'kb', '1', 'How?', 'So.', '[]', '[]',
       'active', '2026-10-01 08:00:00', '2026-10-01 08:00:00', 5)""",
    """INSERT INTO generations (model_version, collection, state, indexed_revision, created_at)
       VALUES ('base', 'faq-1', 'ready', 5, '2026-10-01 08:00:00')""",
    "UPDATE pointers SET value = (SELECT id FROM generations) WHERE name = 'live_generation'",
    "UPDATE pointers SET value = 5 WHERE name = 'revision'",
    """INSERT INTO jobs (kind, state, progress, detail, result, started_at, finished_at) VALUES
       ('import', 'done', 1.0, 'faq.csv', '{"added": 1}', '2026-10-01 08:00:00',
       '2026-10-01 08:00:01')""",
    """INSERT INTO jobs (kind, state, progress, started_at) VALUES
       ('import', 'running', 0.5, '2026-10-02 08:00:00')""",
    """INSERT INTO questions (id, team, channel, ts, "user", text, direct, state, attempts,
       not_before, received_at) VALUES ('q1', 'T1', 'C1', '1.1', 'U1', 'how?', true, 'received',
       0, '2026-10-02 08:00:00', '2026-10-02 08:00:00')""",
    """INSERT INTO feedback (question_id, "user", verdict, created_at) VALUES
       ('q1', 'U1', 'solved', '2026-10-02 08:00:00')""",
]


@pytest.fixture
def upgraded(empty_url: str) -> Store:
    """A store of the first schema, with data, opened by this version."""
    store = Store(empty_url)
    config = _alembic_config()
    with store.database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in ROWS:
            connection.execute(sa.text(row))
    assert store.database.schema_revision() == "0001"
    store.close()
    return Store.open(empty_url)


def test_the_schema_is_this_version_s(upgraded: Store) -> None:
    upgraded.database.require_current_schema()
    with upgraded.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    upgraded.close()


def test_everything_is_still_there(upgraded: Store) -> None:
    running, done = upgraded.jobs.latest()
    assert (done.state, done.detail, done.result) == (JobState.DONE, "faq.csv", {"added": 1})
    assert (done.arguments, done.requested_by, done.slot) == ({}, None, None)
    assert not done.cancel_requested
    assert (running.state, running.progress) == (JobState.RUNNING, 0.5)
    assert upgraded.pairs.revision() == 5
    assert upgraded.inbox.count()[QuestionState.RECEIVED] == 1
    assert [vote.user for vote in upgraded.feedback.votes("q1")] == ["U1"]
    question = upgraded.inbox.get("q1")
    assert question is not None
    assert (question.text, question.outcome) == ("how?", None)
    assert upgraded.feedback.record("q1", "p1", "U1", Verdict.PICKED, wording="how so?") is not None
    assert upgraded.suggestions.count_waiting() == 1
    upgraded.close()


def test_the_live_generation_answers_on_and_is_indexed_anew(upgraded: Store) -> None:
    live = upgraded.generations.live()
    assert live is not None
    assert (live.model_version, live.collection, live.state) == ("base", "faq-1", "ready")
    assert live.live_at == live.created_at
    assert live.indexed_revision == 0, "answers are embedded with their topic since"
    upgraded.close()


def test_an_import_that_never_ended_is_in_nobody_s_way(upgraded: Store) -> None:
    job = upgraded.jobs.begin(JobKind.RETRAIN, "me")
    generation = upgraded.generations.add("m2", "faq-2", job.id)
    assert upgraded.generations.make_live(generation.id, Claim(job.id, "me"))
    upgraded.close()
