"""`/faq`: who may use it, what it answers, and which jobs it asks for."""

import re
from contextlib import closing
from urllib.parse import urlencode

import pytest

from index.generations.setup import new_collection_name, open_engine
from index.jobs import enough, registry
from index.jobs.registry import JobType, Runs
from index.jobs.worker import Worker
from index.store.leases import Claim, LeaseState
from index.store.types import Generation, Job, JobKind, JobState
from tests.bot.desk import ABSENT, Desk, told
from tests.support.waiting import until

ADMIN_COMMANDS = (
    "status",
    "suggestions",
    "retrain",
    "retrain full",
    "reindex",
    "rollback",
    "rollback 1",
    "cancel",
)


pytestmark = pytest.mark.usefixtures("enough_pairs")


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for stays in the queue."""
    monkeypatch.setattr(Worker, "start", lambda self: None)


@pytest.fixture
def running(either_desk: Desk) -> Desk:
    """A bot in each mode, of which Ann is an admin."""
    either_desk.settings["admins"] = (either_desk.ann.id,)
    return either_desk.start()


@pytest.fixture
def desk_of_ann(desk: Desk) -> Desk:
    """The same in Socket Mode only, for what does not depend on how a command arrives."""
    desk.settings["admins"] = (desk.ann.id,)
    return desk.start()


def jobs(desk: Desk) -> list[Job]:
    return desk.store.jobs.latest(100)


def keep_another(desk: Desk) -> Generation:
    """A generation that can be gone back to, beside the live one."""
    live = desk.store.generations.live()
    assert live is not None
    older = desk.store.generations.add(live.model_version, new_collection_name())
    with closing(open_engine(desk.index_settings)) as engine:
        engine.create(older.collection, dimension=4).close()
    for generation in (older, live):
        desk.store.generations.make_live(generation.id)
    return older


# -- for everybody ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["help", "", "  HELP  ", "help me"])
def test_everybody_gets_help(shared: Desk, text: str) -> None:
    answer = told(shared.ann, shared.watched, text)
    for command in ("help", "status", "suggestions", "reindex", "retrain", "rollback", "cancel"):
        assert f"`/faq {command}`" in answer


def test_an_unknown_command_gets_help_with_its_name_escaped(shared: Desk) -> None:
    answer = told(shared.ann, shared.watched, "<!channel>&<@U1>")
    assert answer.startswith("I don't know “&lt;!channel&gt;&amp;&lt;@u1&gt;”.")
    assert "`/faq help`" in answer


def test_without_admins_the_refusal_says_how_to_name_some(shared: Desk) -> None:
    for text in ADMIN_COMMANDS:
        answer = told(shared.ann, shared.watched, text)
        assert "nobody is one yet" in answer
        assert "FAQBOT_BOT_ADMINS" in answer


def test_who_is_no_admin_is_refused_politely_and_alone(running: Desk) -> None:
    bob = running.slack.create_user("bob", is_admin=True)
    for text in ADMIN_COMMANDS:
        assert "Sorry, that is for my admins only" in told(bob, running.watched, text)
    assert jobs(running) == []
    assert running.bot_posts(running.watched) == [
        message for message in bob.sees(running.watched) if message.ephemeral_to == bob.id
    ]


def test_help_needs_no_admins_check(running: Desk) -> None:
    bob = running.slack.create_user("bob")
    running.slack.fail("user*", error="fatal_error", times=100)
    assert "`/faq help`" in told(bob, running.watched, "help")


# -- who is an admin -------------------------------------------------------------------


def test_the_members_of_a_group_are_asked_for_at_each_command(either_desk: Desk) -> None:
    desk = either_desk
    bob = desk.slack.create_user("bob")
    group = desk.slack.create_usergroup("desk", [desk.ann])
    desk.settings["admins"] = (group.id,)
    desk.start()
    assert "pairs" in told(desk.ann, desk.watched, "status")
    assert "Sorry" in told(bob, desk.watched, "status")
    desk.slack.create_usergroup("desk", [bob])
    assert "Sorry" in told(desk.ann, desk.watched, "status")
    assert "pairs" in told(bob, desk.watched, "status")


def test_workspace_admins_by_setting(either_desk: Desk) -> None:
    desk = either_desk
    boss = desk.slack.create_user("boss", is_admin=True)
    desk.settings["admins"] = ("workspace-admins",)
    desk.start()
    assert "pairs" in told(boss, desk.watched, "status")
    assert "Sorry" in told(desk.ann, desk.watched, "status")
    desk.slack.set_admin(boss, is_admin=False)
    assert "Sorry" in told(boss, desk.watched, "status")


def test_who_cannot_be_verified_is_refused_and_told_so(either_desk: Desk) -> None:
    desk = either_desk
    boss = desk.slack.create_user("boss", is_admin=True)
    desk.settings["admins"] = ("S0GONE", "workspace-admins")
    desk.start()
    desk.slack.fail("users.info", error="missing_scope", times=10)
    assert "could not verify" in told(boss, desk.watched, "reindex")
    assert jobs(desk) == []
    desk.slack.recover()
    assert "is asked for" in told(boss, desk.watched, "reindex")


# -- jobs ------------------------------------------------------------------------------


def test_a_command_asks_for_a_job(desk_of_ann: Desk) -> None:
    desk = desk_of_ann
    keep_another(desk)
    asked: dict[str, tuple[JobKind, dict[str, str]]] = {
        "retrain": (JobKind.RETRAIN, {}),
        "Retrain Head": (JobKind.RETRAIN, {"depth": "head"}),
        "retrain full": (JobKind.RETRAIN, {"depth": "full"}),
        "reindex": (JobKind.REINDEX, {}),
        "rollback": (JobKind.ROLLBACK, {}),
    }
    for text, expected in asked.items():
        assert "is asked for" in told(desk.ann, desk.watched, text)
        job = jobs(desk)[0]
        assert (job.kind, job.arguments) == expected
        assert (job.requested_by, job.state) == (desk.ann.id, JobState.QUEUED)
        desk.store.jobs.cancel(job.id)
    assert len(jobs(desk)) == len(asked)


def test_a_second_request_is_told_of_the_first(running: Desk) -> None:
    assert "is asked for" in told(running.ann, running.watched, "retrain")
    again = told(running.ann, running.watched, "retrain")
    assert "Retrain is waiting for its turn" in again
    (job,) = jobs(running)
    claimed = running.store.jobs.claim("worker", [JobKind.RETRAIN])
    assert claimed is not None
    running.store.jobs.renew(Claim(job.id, "worker"), 0.43, "training")
    again = told(running.ann, running.watched, "retrain")
    assert again.startswith(f"Retrain is running since {claimed.started_at.astimezone():%H:%M}, ")  # type: ignore[union-attr]
    assert "at 43%" in again.replace(" %", "%")
    assert len(jobs(running)) == 1
    other = told(running.ann, running.watched, "retrain full")
    assert "Retrain (full) is asked for. It waits for its turn: retrain is running" in other
    other = told(running.ann, running.watched, "retrain full")
    assert other.startswith(
        "Retrain (full) is asked for already. It waits for its turn: retrain is"
    )
    assert f"running since {claimed.started_at.astimezone():%H:%M}, at 43 %" in other  # type: ignore[union-attr]
    assert len(jobs(running)) == 2


def test_a_request_beside_another_kind_is_told_that_it_waits(desk_of_ann: Desk) -> None:
    desk = desk_of_ann
    keep_another(desk)
    told(desk.ann, desk.watched, "reindex")
    assert "It waits for its turn: reindex is waiting" in told(desk.ann, desk.watched, "rollback")
    assert desk.store.jobs.claim("worker", [JobKind.REINDEX]) is not None
    answer = told(desk.ann, desk.watched, "retrain")
    assert "It waits for its turn: reindex is running since" in answer
    assert len(jobs(desk)) == 3


def test_a_wrong_argument_asks_for_nothing_and_shows_the_right_ones(desk_of_ann: Desk) -> None:
    for text in ("retrain <!here>", "retrain head full", "cancel everything", "cancel import"):
        answer = told(desk_of_ann.ann, desk_of_ann.watched, text)
        assert f"`/faq {text.split()[0]}`" in answer
    assert jobs(desk_of_ann) == []


def test_a_rollback_goes_to_generations_that_are_there(desk_of_ann: Desk) -> None:
    desk = desk_of_ann
    live = desk.store.generations.live()
    assert live is not None
    for wanted in (str(live.id), "999", "-1", "<!channel>", "1 2", "abc"):
        answer = told(desk.ann, desk.watched, f"rollback {wanted}")
        assert "is no generation to go back to. None is kept but the one that" in answer
        assert "<!" not in answer
    older = desk.store.generations.add(live.model_version, new_collection_name())
    lost = desk.store.generations.add(live.model_version, "a-collection-that-is-gone")
    assert "None is kept" in told(desk.ann, desk.watched, f"rollback {older.id}")
    with closing(open_engine(desk.index_settings)) as engine:
        engine.create(older.collection, dimension=4).close()
    for generation in (older, lost, live):
        desk.store.generations.make_live(generation.id)
    for wanted in ("abc", "999", str(lost.id)):
        answer = told(desk.ann, desk.watched, f"rollback {wanted}")
        assert answer == (
            f"“{wanted}” is no generation to go back to. There is `/faq rollback {older.id}`."
        )
    assert jobs(desk) == []
    answer = told(desk.ann, desk.watched, f"rollback {older.id}")
    assert f"Rollback (generation {older.id}) is asked for" in answer
    assert jobs(desk)[0].arguments == {"generation": older.id}


def test_a_rollback_with_nothing_to_go_back_to_is_refused_at_once(desk_of_ann: Desk) -> None:
    answer = told(desk_of_ann.ann, desk_of_ann.watched, "rollback")

    assert answer == "There is no generation to go back to: only the one that answers now is kept."
    assert jobs(desk_of_ann) == []


def test_a_retrain_with_too_few_pairs_is_refused_at_once(
    desk_of_ann: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enough, "MIN_TRAIN_PAIRS", 40)
    for text in ("retrain", "retrain full"):
        answer = told(desk_of_ann.ann, desk_of_ann.watched, text)
        assert answer.startswith("Retrain was not asked for: too few pairs: ")
        assert " of 12 in all, at least 40 are needed" in answer
    assert jobs(desk_of_ann) == []


def test_cancel_stops_what_runs_first_then_what_waits(desk_of_ann: Desk) -> None:
    desk = desk_of_ann
    keep_another(desk)
    assert told(desk.ann, desk.watched, "cancel") == "No job is running or waiting."
    for text in ("retrain head", "reindex", "rollback"):
        told(desk.ann, desk.watched, text)
    running = desk.store.jobs.claim("worker", [JobKind.RETRAIN])
    assert running is not None
    assert told(desk.ann, desk.watched, "cancel") == "Retrain (head) is told to stop."
    assert desk.store.jobs.renew(Claim(running.id, "worker")) is LeaseState.CANCELLED
    assert told(desk.ann, desk.watched, "cancel rollback") == "Rollback is cancelled."
    desk.store.jobs.finish(running.id, JobState.CANCELLED, {}, owner="worker")
    assert told(desk.ann, desk.watched, "cancel") == "Reindex is cancelled."
    assert "No retrain" in told(desk.ann, desk.watched, "cancel retrain")


def test_status_says_what_there_is_and_what_runs(running: Desk) -> None:
    told(running.ann, running.watched, "retrain")
    answer = told(running.ann, running.watched, "status")
    assert "*pairs*: 12 active" in answer
    assert "retrain is waiting for its turn" in answer
    (job,) = jobs(running)
    running.store.jobs.finish(job.id, JobState.FAILED, {}, "no <!channel> memory")
    answer = told(running.ann, running.watched, "status")
    assert f"*job {job.id}*: retrain failed" in answer
    assert ": no &lt;!channel&gt; memory" in answer


def test_status_says_what_comes_next_and_nothing_of_the_machine(desk: Desk) -> None:
    desk.settings |= {
        "admins": (desk.ann.id,),
        "check_schedule": "0 5 31 12 *",
        "timezone": "Europe/Vienna",
    }
    desk.start()
    job = desk.store.jobs.start(JobKind.IMPORT, "/srv/faq/export.jsonl")
    desk.store.jobs.finish(job, JobState.DONE, {"read": 130, "added": 2, "unchanged": 128})
    job = desk.store.jobs.start(JobKind.IMPORT, "/srv/faq/other.csv")
    desk.store.jobs.finish(job, JobState.FAILED, {}, "/srv/faq/other.csv: no such file")
    answer = told(desk.ann, desk.watched, "status")
    assert re.search(r"\*next check\*: \d{4}-12-3", answer)
    assert "next retrain" not in answer, "it is switched off"
    assert ": 130 read, 2 added, 128 unchanged" in answer
    assert "no such file" in answer
    assert "/" not in answer


# -- the way it arrives ----------------------------------------------------------------


def test_commands_are_acknowledged_at_once_when_slack_verifies_slowly(either_desk: Desk) -> None:
    desk = either_desk
    desk.settings["admins"] = ("workspace-admins",)
    desk.slack.set_admin(desk.ann, is_admin=True)
    desk.start()
    slow_s = 1.5
    desk.slack.slow("users.info", slow_s, times=6)
    deliveries = [desk.ann.command(desk.watched, "/faq", "status") for _ in range(6)]
    # More than there are threads, and all before the first was verified.
    seconds = [delivery.seconds for delivery in deliveries]
    assert all(s is not None for s in seconds)
    assert sum(s for s in seconds if s) < slow_s
    desk.slack.recover()
    desk.ann.wait_for_ephemeral(desk.watched, count=6, timeout=20)


def test_a_command_works_where_the_bot_is_no_member(running: Desk) -> None:
    private = running.slack.create_channel(
        "board", private=True, bot_member=False, members=[running.ann]
    )
    assert "`/faq help`" in told(running.ann, private, "help")
    assert "pairs" in told(running.ann, private, "status")


def test_a_failure_is_told_and_does_no_harm(running: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.status.collect", lambda *_: 1 / 0)
    assert "Sorry, that did not work" in told(running.ann, running.watched, "status")
    assert "`/faq help`" in told(running.ann, running.watched, "help")


def test_an_answer_that_slack_does_not_take_is_dropped(running: Desk) -> None:
    running.slack.fail("response_url", status=500)
    assert running.ann.command(running.watched, "/faq", "reindex").acked
    until(lambda: jobs(running), "the job is asked for")


def test_over_http_a_command_needs_slacks_signature(http_desk: Desk) -> None:
    http_desk.settings["admins"] = (http_desk.ann.id,)
    desk = http_desk.start()
    form = {
        "command": "/faq",
        "text": "reindex",
        "user_id": desk.ann.id,
        "channel_id": desk.watched.id,
        "team_id": desk.slack.team_id,
        "response_url": f"{desk.slack.url}/commands/T0/0/0",
    }
    kind = "application/x-www-form-urlencoded"
    forged: list[dict[str, str]] = [
        {"X_Slack_Signature": "v0=" + "0" * 64},
        {"X_Slack_Signature": ABSENT},
        {"X_Slack_Request_Timestamp": "1600000000"},
    ]
    for headers in forged:
        assert desk.deliver(urlencode(form), Content_Type=kind, **headers).status_code == 401
    form["text"] = "retrain"
    assert desk.deliver(urlencode(form), Content_Type=kind).status_code == 200
    until(lambda: jobs(desk), "the job is asked for")
    desk.restart()  # which waits for what the requests set off
    assert [job.kind for job in jobs(desk)] == [JobKind.RETRAIN]


def test_a_kind_of_job_that_is_new_can_be_asked_for_and_stopped(
    desk_of_ann: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = JobType("digest", Runs.IN_CHILD, slack_help=": what was asked")
    monkeypatch.setitem(registry.JOB_TYPES, entry.kind, entry)
    desk = desk_of_ann

    assert "`/faq digest`: what was asked" in told(desk.ann, desk.watched, "help")
    assert "Digest is asked for." in told(desk.ann, desk.watched, "digest")
    assert [job.kind for job in jobs(desk)] == ["digest"]
    assert told(desk.ann, desk.watched, "cancel digest") == "Digest is cancelled."
