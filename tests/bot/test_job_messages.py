"""Jobs in Slack: one message, from the request to the end; reports of scheduled retrains."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot import job_messages
from bot.cards.admin import job_message
from bot.job_messages import JobMessages
from bot.schedule import Schedule
from bot.settings import BotSettings
from bot.slack.client import client, posting_client
from bot.timing import Timing
from index.jobs.worker import Worker
from index.store import Store
from index.store.leases import LEASE, Claim
from index.store.types import Job, JobKind, JobState
from playground.client import Channel, Message, Playground
from tests.bot.desk import Desk
from tests.support.waiting import until

KINDS = (JobKind.RETRAIN, JobKind.REINDEX, JobKind.ROLLBACK)
PROMOTED = {
    "promoted": True,
    "reason": "better",
    "generation": 7,
    "precision_at_1": {"live": 0.712, "candidate": 0.74},
    "mrr": {"live": 0.8, "candidate": 0.83, "difference": 0.03, "low": 0.01, "high": 0.05},
    "n_held_out": 512,
    "golden": {"checked": 12, "flipped": 0},
}
PNG = b"\x89PNG\r\n\x1a\n"


pytestmark = pytest.mark.usefixtures("enough_pairs")


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests are the worker."""
    monkeypatch.setattr(Worker, "start", lambda self: None)


def started(desk: Desk) -> Desk:
    """A bot whose messages of jobs follow at once."""
    desk.timing = Timing(messages_every_s=0.05, messages_retry_after_s=0.1)
    desk.settings["admins"] = (desk.ann.id,)
    return desk.start()


def ask(desk: Desk, text: str, channel: Channel | None = None) -> Job:
    """Type a command; the job it made."""
    known = {job.id for job in desk.store.jobs.latest(100)}
    assert desk.ann.command(channel or desk.watched, "/faq", text).acked

    def made() -> list[Job]:
        return [job for job in desk.store.jobs.latest(100) if job.id not in known]

    (job,) = until(made, f"/faq {text} makes a job")
    return job


def posts(desk: Desk, channel: Channel) -> list[Message]:
    """What the bot says in a channel to everybody."""
    return [message for message in desk.bot_posts(channel) if not message.ephemeral_to]


def shows(desk: Desk, channel: Channel, text: str) -> Message:
    """The bot's one message in a channel, once it shows a text."""

    def shown() -> Message | None:
        messages = [message for message in posts(desk, channel) if not message.is_reply]
        assert len(messages) <= 1
        return messages[0] if messages and text in messages[0].all_text else None

    return desk.slack.wait_until(
        shown, 20, f"message with {text!r}", lambda: desk.slack.transcript(channel)
    )


def closed(store: Store, job: Job) -> None:
    until(lambda: job.id not in [j.id for j in store.jobs.announced()], "nothing is left to show")


def claim(store: Store) -> Claim:
    job = store.jobs.claim("worker", KINDS)
    assert job is not None
    return Claim(job.id, "worker")


# -- the message -----------------------------------------------------------------------


def test_one_message_from_the_request_to_the_end(either_desk: Desk) -> None:
    desk = started(either_desk)
    job = ask(desk, "retrain head")
    waiting = shows(desk, desk.watched, "Waiting for its turn")
    assert "*Retrain (head)*" in waiting.all_text
    assert f"Asked for by <@{desk.ann.id}>" in waiting.all_text
    claimed = claim(desk.store)
    shows(desk, desk.watched, "*Retrain (head): running*")
    desk.store.jobs.renew(claimed, 0.43, "training, epoch 12 of <!channel>")
    running = shows(desk, desk.watched, "43 %")
    assert "████████░░░░░░░░░░░░ 43 %" in running.all_text
    assert "training, epoch 12 of &lt;!channel&gt;" in running.all_text
    desk.store.jobs.finish(job.id, JobState.DONE, PROMOTED, "better: live now", owner="worker")
    done = shows(desk, desk.watched, "*Retrain (head): the new model is live*")
    assert "better: live now" in done.all_text
    assert "live 71.2%, new 74.0%, of 512 held-out questions" in done.all_text
    assert done.ts == waiting.ts
    assert done.text == "Retrain (head): the new model is live: better: live now"
    closed(desk.store, job)


@pytest.mark.parametrize(
    ("state", "result", "text"),
    [
        (JobState.DONE, {"promoted": False}, "*Retrain: the live model stays*\nno better"),
        (
            JobState.DONE,
            {"promoted": False, "went_live": "ranking"},
            "*Retrain: the model stays, its ranking is new*\nno better",
        ),
        (JobState.FAILED, {}, "*Retrain: failed*\nno better"),
        (JobState.CANCELLED, {}, "*Retrain: cancelled*\nno better"),
    ],
)
def test_every_end_is_shown_with_its_reason(
    desk: Desk, state: JobState, result: dict[str, Any], text: str
) -> None:
    started(desk)
    job = ask(desk, "retrain")
    shows(desk, desk.watched, "Waiting")
    claim(desk.store)
    desk.store.jobs.finish(job.id, state, result, "no better", owner="worker")
    shows(desk, desk.watched, text)
    closed(desk.store, job)


def test_a_cancelled_job_is_shown_as_stopping_and_then_as_cancelled(desk: Desk) -> None:
    started(desk)
    job = ask(desk, "reindex")
    claim(desk.store)
    shows(desk, desk.watched, "running")
    desk.ann.command(desk.watched, "/faq", "cancel")
    shows(desk, desk.watched, "*Reindex: stopping*")
    desk.store.jobs.finish(job.id, JobState.CANCELLED, {}, "stopped", owner="worker")
    shows(desk, desk.watched, "*Reindex: cancelled*")


def test_a_job_that_waits_for_another_says_for_which(desk: Desk) -> None:
    started(desk)
    other = desk.slack.create_channel("other")
    ask(desk, "retrain")
    claim(desk.store)
    ask(desk, "reindex", other)
    shows(desk, other, "Waiting for its turn: retrain is running.")


def test_the_job_of_a_killed_worker_is_shown_as_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(desk)
    ask(desk, "reindex")
    monkeypatch.setattr("index.store.leases.LEASE", -LEASE)
    claim(desk.store)
    shows(desk, desk.watched, "*Reindex: failed*\ninterrupted")


def test_nothing_is_updated_where_nothing_has_changed(desk: Desk) -> None:
    started(desk)
    job = ask(desk, "reindex")
    shows(desk, desk.watched, "Waiting")
    claimed = claim(desk.store)
    shows(desk, desk.watched, "running")
    before = len(desk.slack.calls("chat.update"))
    for _ in range(5):
        desk.store.jobs.renew(claimed)
    desk.store.jobs.finish(job.id, JobState.DONE, {}, "123 points", owner="worker")
    shows(desk, desk.watched, "123 points")
    assert len(desk.slack.calls("chat.update")) == before + 1


# -- where it is shown -----------------------------------------------------------------


@pytest.mark.parametrize("private", [False, True])
def test_where_the_bot_is_no_member_it_writes_to_the_person(desk: Desk, private: bool) -> None:
    started(desk)
    board = desk.slack.create_channel(
        "board", private=private, bot_member=False, members=[desk.ann]
    )
    job = ask(desk, "reindex", board)
    direct = desk.ann.open_dm()
    shows(desk, direct, "Waiting")
    claim(desk.store)
    shows(desk, direct, "running")
    desk.store.jobs.finish(job.id, JobState.DONE, {}, "123 points", owner="worker")
    shows(desk, direct, "123 points")
    assert posts(desk, board) == []


def test_where_nothing_can_be_posted_the_job_runs_all_the_same(desk: Desk) -> None:
    started(desk)
    desk.slack.fail("chat.postMessage", error="restricted_action", times=2)
    job = ask(desk, "reindex")
    closed(desk.store, job)
    assert claim(desk.store).job_id == job.id


def test_a_deleted_message_is_not_posted_again(desk: Desk) -> None:
    started(desk)
    job = ask(desk, "reindex")
    message = shows(desk, desk.watched, "Waiting")
    boss = desk.slack.create_user("boss", is_admin=True)
    boss.delete(desk.watched, message)
    claim(desk.store)
    closed(desk.store, job)
    assert posts(desk, desk.watched) == []


# -- trouble ---------------------------------------------------------------------------


def test_a_restart_goes_on_with_the_same_message(either_desk: Desk) -> None:
    desk = started(either_desk)
    job = ask(desk, "retrain")
    before = shows(desk, desk.watched, "Waiting")
    claim(desk.store)
    shows(desk, desk.watched, "running")
    desk.stop()
    store = Store(desk.index_settings.store_url)
    store.jobs.finish(job.id, JobState.DONE, PROMOTED, "better", owner="worker")
    store.close()
    desk.start()
    assert shows(desk, desk.watched, "the new model is live").ts == before.ts
    closed(desk.store, job)


def test_a_rate_limit_is_kept_and_nothing_is_lost(desk: Desk) -> None:
    started(desk)
    desk.slack.fail("chat.postMessage", status=429, retry_after=1)
    job = ask(desk, "reindex")
    shows(desk, desk.watched, "Waiting")
    refused, posted = desk.slack.calls("chat.postMessage")
    assert posted.received_at - refused.received_at >= 1
    desk.slack.fail("chat.update", status=429, retry_after=1)
    claim(desk.store)
    desk.store.jobs.finish(job.id, JobState.DONE, {}, "123 points", owner="worker")
    shows(desk, desk.watched, "123 points")


def test_a_post_whose_answer_was_lost_is_found_again(desk: Desk) -> None:
    started(desk)
    desk.slack.drop("chat.postMessage", after=True)
    job = ask(desk, "reindex")
    until(lambda: desk.store.jobs.get(job.id).message_ts, "the message is known")  # type: ignore[union-attr]
    shows(desk, desk.watched, "Waiting")
    assert len(posts(desk, desk.watched)) == 1


def test_several_bots_on_one_store_show_a_job_once(store: Store, slack: Playground) -> None:
    channel = slack.create_channel("ops")
    boss = slack.create_user("boss")
    clients = [make(slack.bot_token, slack.api_url) for make in (client, posting_client)]
    bots = [
        JobMessages(store, *clients, Path("none"), every_s=0.05, retry_after_s=0.1)
        for _ in range(3)
    ]
    for bot in bots:
        bot.start()
    job, _ = store.jobs.request(JobKind.REINDEX, requested_by=boss.id, channel=channel.id)
    (message,) = slack.wait_for_messages(channel)
    claimed = claim(store)
    store.jobs.renew(claimed, 0.5)
    slack.wait_for_message(channel, message, lambda m: "50 %" in m.all_text)
    store.jobs.finish(job.id, JobState.DONE, {}, "123 points", owner="worker")
    closed(store, job)
    for bot in bots:
        bot.stop()
    (done,) = slack.messages(channel)
    assert "123 points" in done.all_text
    assert len(slack.calls("chat.update")) <= 3


def test_a_job_that_cannot_be_shown_keeps_no_other_from_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(job: Job, waits_for: Job | None = None) -> Any:
        if job.kind == JobKind.REINDEX:
            raise KeyError("unexpected")
        return job_message(job, waits_for)

    monkeypatch.setattr(job_messages, "job_message", show)
    started(desk)
    broken = ask(desk, "reindex")
    ask(desk, "retrain")
    shows(desk, desk.watched, "*Retrain*")
    closed(desk.store, broken)


# -- scheduled retrains ----------------------------------------------------------------


def scheduled(desk: Desk, channel: Channel | None) -> Job:
    job, is_new = desk.store.jobs.request(
        JobKind.RETRAIN,
        requested_by="schedule",
        slot="2026-01-01T02:00",
        channel=channel.id if channel else None,
    )
    assert is_new
    return job


def test_the_schedule_says_where_retrains_are_reported(store: Store) -> None:
    if find_spec("quaterion") is None:
        pytest.skip("the extra `train` is not installed")
    store.generations.add("base", "collection")
    settings = BotSettings(admin_channel="C0789", timezone="UTC")
    later = datetime.now(UTC) + timedelta(days=2)
    for kind in (JobKind.RETRAIN, JobKind.CHECK):
        Schedule(store, settings).request_due(kind, later)
    check, retrain = store.jobs.latest()
    assert (retrain.kind, retrain.channel) == (JobKind.RETRAIN, "C0789")
    assert (check.kind, check.channel) == (JobKind.CHECK, None)


def test_a_scheduled_retrain_is_reported_when_it_is_over_with_its_pictures(
    either_desk: Desk,
) -> None:
    desk = started(either_desk)
    job = scheduled(desk, desk.watched)
    folder = desk.index_settings.jobs_dir / str(job.id)
    folder.mkdir(parents=True)
    for name in ("metric_by_night.png", "flipped.png", "report.md"):
        (folder / name).write_bytes(PNG)
    claim(desk.store)
    desk.store.jobs.finish(job.id, JobState.DONE, PROMOTED, "better by 0.03", owner="worker")
    report = shows(desk, desk.watched, "*Retrain: the new model is live*\nbetter by 0.03")
    assert "Asked for by the schedule" in report.all_text
    closed(desk.store, job)
    assert desk.slack.calls("chat.update") == [], "it was not posted before the end"
    (reply,) = desk.slack.replies(desk.watched, report)
    assert [file["title"] for file in reply.files] == ["Flipped", "Metric by night"]


def test_without_the_scope_the_report_comes_without_pictures(desk: Desk) -> None:
    started(desk)
    job = scheduled(desk, desk.watched)
    folder = desk.index_settings.jobs_dir / str(job.id)
    folder.mkdir(parents=True)
    (folder / "metric.png").write_bytes(PNG)
    desk.slack.set_scopes({"chat:write", "channels:history"})
    desk.store.jobs.finish(job.id, JobState.FAILED, {}, "out of memory")
    report = shows(desk, desk.watched, "*Retrain: failed*\nout of memory")
    closed(desk.store, job)
    assert desk.slack.replies(desk.watched, report) == []


def test_a_report_that_cannot_be_posted_bothers_nobody_else(desk: Desk) -> None:
    started(desk)
    board = desk.slack.create_channel("board", bot_member=False)
    first = scheduled(desk, board)
    desk.store.jobs.finish(first.id, JobState.DONE, PROMOTED, "better")
    closed(desk.store, first)
    assert posts(desk, board) == []
    ask(desk, "reindex")
    shows(desk, desk.watched, "Waiting")


def test_jobs_that_name_no_channel_are_not_shown(desk: Desk) -> None:
    started(desk)
    job = scheduled(desk, None)
    desk.store.jobs.finish(job.id, JobState.DONE, PROMOTED, "better")
    ask(desk, "reindex")
    shows(desk, desk.watched, "*Reindex*")
