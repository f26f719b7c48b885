"""Jobs in a running bot: done by it, while it answers, without a word in between."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bot.service import Service
from index.jobs.check import CHECK
from index.store import Store
from index.store.types import Job, JobKind, JobState
from tests.bot.desk import ASKED, Desk, answers, leftovers
from tests.support.waiting import until

pytestmark = pytest.mark.slow

JOB_TIMEOUT_S = 120.0


def ended(store: Store, job: Job) -> Job:
    def look() -> Job | None:
        found = store.jobs.get(job.id)
        return found if found is not None and found.state.is_over else None

    found = until(look, f"{job.kind} is over", JOB_TIMEOUT_S)
    assert found is not None
    return found


def test_a_reindex_is_done_while_questions_are_answered(desk: Desk) -> None:
    store = desk.start().store
    before = store.generations.live()
    assert before is not None
    job, _ = store.jobs.request(JobKind.REINDEX)
    generations: set[int | None] = set()

    def ask() -> None:
        for name in ("vpn", "badge", "canteen"):
            ts = desk.mention(desk.watched, ASKED[name])
            assert answers(desk.reply(desk.watched, ts), name)
            generations.add(desk.question(ts).generation)

    while not (done := store.jobs.get(job.id)) or not done.state.is_over:
        ask()
        time.sleep(0.3)  # leaves the job a processor
    assert done.state is JobState.DONE, done.detail
    live = store.generations.live()
    assert live is not None
    assert live.id != before.id
    assert live.job_id == job.id
    until(lambda: ask() or live.id in generations, "the bot has switched")
    assert generations == {before.id, live.id}

    check = ended(store, store.jobs.request(JobKind.CHECK)[0])
    assert (check.state, check.detail) == (JobState.DONE, "the index matches the store")


def test_an_index_that_is_not_right_is_to_be_built_anew(desk: Desk) -> None:
    store = desk.start().store
    assert desk.service is not None
    with desk.service.serving.use() as live:
        until(lambda: live.is_complete, "the index is complete")
        (pair,) = next(store.pairs.changed(0, 1))
        live.collection.replace([pair.id], [])
    job = ended(store, store.jobs.request(JobKind.CHECK)[0])
    assert job.state is JobState.FAILED
    assert "does not match the store" in (job.detail or "")
    repair = store.jobs.get(job.result["reindex"])
    assert repair is not None
    assert (repair.kind, repair.requested_by) == (JobKind.REINDEX, CHECK)


def test_a_stop_ends_a_running_job_and_leaves_nothing_running(desk: Desk) -> None:
    before = set(threading.enumerate())
    store = Store(desk.start().index_settings.store_url)
    live = store.generations.live()
    job, _ = store.jobs.request(JobKind.REINDEX)
    until(lambda: (j := store.jobs.running()) and j.detail, "the child is at it", JOB_TIMEOUT_S)
    desk.stop()
    stopped = store.jobs.get(job.id)
    assert stopped is not None
    assert (stopped.state, stopped.detail) == ("cancelled", "the worker was stopped")
    assert store.generations.live() == live
    until(lambda: not leftovers(before), f"no thread is left: {leftovers(before)}")
    store.close()


def test_without_a_worker_a_bot_only_checks(desk: Desk) -> None:
    store = Store(desk.index_settings.store_url)
    purge, _ = store.jobs.request(JobKind.PURGE)
    check, _ = store.jobs.request(JobKind.CHECK)
    service = Service(desk.index_settings, desk.bot_settings, works=False)
    service.start()
    try:
        assert ended(store, check).state is JobState.DONE
        waiting = store.jobs.get(purge.id)
        assert waiting is not None
        assert waiting.state is JobState.QUEUED
        with subprocess.Popen(
            [sys.executable, "-c", "from bot.cli import main; main()", "worker"],
            env=os.environ | {"FAQBOT_INDEX_DATA_DIR": str(desk.data_dir)},
            stderr=subprocess.DEVNULL,
        ) as worker:
            try:
                assert ended(store, purge).state is JobState.DONE
            finally:
                worker.send_signal(signal.SIGTERM)
        assert worker.returncode == 0
    finally:
        service.stop()
        store.close()
