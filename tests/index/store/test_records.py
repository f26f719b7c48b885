"""The smaller tables: feedback, the embedding cache, generations, jobs."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
import sqlalchemy as sa

from index.store import Store
from index.store.types import JobKind, JobState, NewQuestion, Verdict
from index.text import text_hash

OpenStore = Callable[[], Store]


def question_id(store: Store, number: int = 1) -> str:
    store.inbox.add(NewQuestion("T1", "C1", f"1.{number}", None, "U1", "words", True))
    question = store.inbox.claim("w1")
    assert question is not None
    return question.id


def test_a_person_s_last_verdict_counts(store: Store) -> None:
    question = question_id(store)
    store.feedback.record(question, "p1", "U1", Verdict.SOLVED)
    store.feedback.record(question, "p1", "U1", Verdict.NOT_IT)
    store.feedback.record(question, "p1", "U2", Verdict.SOLVED)
    tally = store.feedback.tally(question)
    assert tally == {Verdict.SOLVED: 1, Verdict.NOT_IT: 1, Verdict.PICKED: 0}
    assert [(vote.user, vote.verdict) for vote in store.feedback.votes(question)] == [
        ("U1", Verdict.NOT_IT),
        ("U2", Verdict.SOLVED),
    ]


def test_verdicts_are_counted_by_question_and_together(store: Store) -> None:
    first, second = question_id(store, 1), question_id(store, 2)
    store.feedback.record(first, "p1", "U1", Verdict.SOLVED)
    store.feedback.record(second, None, "U1", Verdict.SOLVED)
    assert store.feedback.tally(first)[Verdict.SOLVED] == 1
    assert store.feedback.tally()[Verdict.SOLVED] == 2
    assert set(store.feedback.tally("nobody").values()) == {0}


def test_feedback_needs_its_question(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        store.feedback.record("nobody", "p1", "U1", Verdict.SOLVED)


def test_vectors_come_back_bit_for_bit(store: Store) -> None:
    random = np.random.default_rng(1)
    vectors = {
        text_hash(f"text {n}"): random.standard_normal(384).astype(np.float32) for n in range(1200)
    }
    store.embeddings.put("encoder-a", vectors)
    store.embeddings.put("encoder-a", vectors)
    assert store.embeddings.count() == 1200
    found = store.embeddings.get("encoder-a", [*vectors, text_hash("unknown")])
    assert found.keys() == vectors.keys()
    assert all(np.array_equal(found[key], vectors[key]) for key in vectors)
    assert store.embeddings.get("encoder-b", list(vectors)) == {}
    assert store.embeddings.get("encoder-a", []) == {}


def test_writers_of_the_same_vectors_do_not_block_each_other(open_store: OpenStore) -> None:
    keys = [text_hash(f"text {n}") for n in range(300)]
    vectors = {key: np.ones(8, dtype=np.float32) for key in keys}
    backwards = {key: vectors[key] for key in reversed(keys)}
    stores = [open_store() for _ in range(4)]
    errors: list[BaseException] = []
    start = threading.Barrier(len(stores))

    def put(number: int) -> None:
        try:
            start.wait()
            stores[number].embeddings.put("encoder", backwards if number % 2 else vectors)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stores[0].embeddings.count() == 300


def test_one_generation_is_live(store: Store) -> None:
    assert store.generations.live() is None
    first = store.generations.add("m1", "faq-1")
    second = store.generations.add("m2", "faq-2")
    assert (first.state, first.indexed_revision) == ("building", 0)
    assert store.generations.live() is None
    for generation in (first, second, first):  # the last one is a rollback
        store.generations.make_live(generation.id)
        live = store.generations.live()
        assert live is not None
        assert (live.id, live.state) == (generation.id, "ready")


def test_a_generation_remembers_how_far_it_is_indexed(store: Store) -> None:
    generation = store.generations.add("m1", "faq-1")
    store.generations.set_indexed(generation.id, 7)
    found = store.generations.get(generation.id)
    assert found is not None
    assert (found.indexed_revision, found.model_version, found.collection) == (7, "m1", "faq-1")
    assert store.generations.get(generation.id + 1) is None


def test_a_collection_belongs_to_one_generation(store: Store) -> None:
    store.generations.add("m1", "faq-1")
    with pytest.raises(sa.exc.IntegrityError):
        store.generations.add("m2", "faq-1")


def test_a_job_tells_how_it_ended(store: Store) -> None:
    first = store.jobs.start(JobKind.IMPORT, "faq.csv")
    second = store.jobs.start(JobKind.IMPORT)
    running = {job.id: job for job in store.jobs.latest()}
    assert (running[first].state, running[first].progress) == ("running", 0.0)
    store.jobs.finish(first, JobState.DONE, {"added": 3})
    store.jobs.finish(second, JobState.FAILED, {}, "out of memory")
    newest, oldest = store.jobs.latest()
    assert (newest.id, newest.state, newest.detail) == (second, "failed", "out of memory")
    assert newest.progress < 1
    assert (oldest.state, oldest.progress, oldest.result) == ("done", 1.0, {"added": 3})
    assert oldest.detail == "faq.csv"
    assert oldest.finished_at is not None
    assert [job.id for job in store.jobs.latest(1)] == [second]
