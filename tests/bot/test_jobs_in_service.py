"""Jobs in a running bot: done by it, while it answers, without a word in between."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from bot.jobs.runner import CHECK
from index.store import Store
from index.store.types import Job, JobKind, JobState
from tests.bot.desk import ASKED, Desk, answers, leftovers, until

pytestmark = pytest.mark.slow

JOB_TIMEOUT_S = 120.0


def ended(store: Store, job: Job) -> Job:
    def look() -> Job | None:
        found = store.jobs.get(job.id)
        return found if found is not None and found.state.is_over else None

    found = until(look, f"{job.kind} is over", JOB_TIMEOUT_S)
    assert found is not None
    return found


@pytest.fixture
def running(desk: Desk) -> Iterator[Desk]:
    yield desk.start()


def test_a_reindex_is_done_while_questions_are_answered(running: Desk) -> None:
    desk, store = running, running.store
    before = store.generations.live()
    assert before is not None
    job, _ = store.jobs.request(JobKind.REINDEX)
    asked: list[tuple[str, str]] = []
    while not (done := store.jobs.get(job.id)) or not done.state.is_over:
        for name in ("vpn", "badge", "canteen"):
            ts = desk.mention(desk.watched, ASKED[name])
            assert answers(desk.reply(desk.watched, ts), name)
            asked.append((name, ts))
    assert done.state is JobState.DONE, done.detail
    live = store.generations.live()
    assert live is not None
    assert live.id != before.id
    assert live.job_id == job.id

    def answered_by_the_new_one() -> bool:
        ts = desk.mention(desk.watched, ASKED["vpn"])
        assert answers(desk.reply(desk.watched, ts), "vpn")
        return desk.question(ts).generation == live.id

    until(answered_by_the_new_one, "the bot has switched")
    assert {desk.question(ts).generation for _, ts in asked} <= {before.id, live.id}


def test_a_check_finds_the_index_right(running: Desk) -> None:
    job = ended(running.store, running.store.jobs.request(JobKind.CHECK)[0])
    assert (job.state, job.detail) == (JobState.DONE, "the index matches the store")


def test_an_index_that_is_not_right_is_built_anew(running: Desk) -> None:
    desk, store = running, running.store
    assert desk.service is not None
    with desk.service.serving.use() as live:
        pair = next(iter(store.pairs.get([pair.id for pair in next(store.pairs.changed(0))])))
        live.collection.delete([pair])
    job = ended(store, store.jobs.request(JobKind.CHECK)[0])
    assert job.state is JobState.FAILED
    assert "does not match the store" in (job.detail or "")
    repair = store.jobs.get(job.result["reindex"])
    assert repair is not None
    assert repair.requested_by == CHECK
    assert ended(store, repair).state is JobState.DONE
    again = ended(store, store.jobs.request(JobKind.CHECK)[0])
    assert again.state is JobState.DONE, again.detail


def test_a_stop_ends_a_running_job_and_leaves_no_process(running: Desk) -> None:
    before = set(threading.enumerate())
    store = Store(running.index_settings.store_url)
    live = store.generations.live()
    job, _ = store.jobs.request(JobKind.REINDEX)
    until(lambda: (j := store.jobs.running()) and j.progress > 0, "it builds", JOB_TIMEOUT_S)
    running.stop()
    stopped = store.jobs.get(job.id)
    assert stopped is not None
    assert (stopped.state, stopped.detail) == ("cancelled", "cancelled: the worker was stopped")
    assert store.generations.live() == live
    assert leftovers(before) == []
    children = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args"], capture_output=True, text=True
    ).stdout
    assert "index.work" not in children
    store.close()


def test_without_a_worker_a_bot_only_checks(desk: Desk) -> None:
    from bot.service import Service

    store = Store(desk.index_settings.store_url)
    reindex, _ = store.jobs.request(JobKind.REINDEX)
    check, _ = store.jobs.request(JobKind.CHECK)
    service = Service(desk.index_settings, desk.bot_settings, works=False)
    service.start()
    try:
        assert ended(store, check).state is JobState.DONE
        waiting = store.jobs.get(reindex.id)
        assert waiting is not None
        assert waiting.state is JobState.QUEUED
        with subprocess.Popen(
            [sys.executable, "-c", "from bot.cli import main; main()", "worker"],
            env=os.environ | {"FAQBOT_INDEX_DATA_DIR": str(desk.data_dir)},
            stderr=subprocess.DEVNULL,
        ) as worker:
            try:
                assert ended(store, reindex).state is JobState.DONE
            finally:
                worker.send_signal(signal.SIGTERM)
        assert worker.returncode == 0
        live = store.generations.live()
        assert live is not None
        until(lambda: uses(service, live.id), "the bot follows the other process's switch")
    finally:
        service.stop()
        store.close()


def uses(service: object, generation: int) -> bool:
    with service.serving.use() as live:  # type: ignore[attr-defined]
        return bool(live.generation.id == generation)
