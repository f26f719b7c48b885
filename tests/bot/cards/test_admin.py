"""What admins see of jobs and suggestions is harmless, short and says how it stands."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cards.admin import SuggestionLine, job_message, suggestions_message
from index.store.types import Job, JobKind, JobState
from playground.block_kit.checks import check_message_blocks
from tests.bot.cards.blocks import check_limits, shown, texts, values

ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOB = Job(1, JobKind.RETRAIN, JobState.QUEUED, 0.0, None, requested_by="U1", requested_at=ASKED_AT)
suggested = st.builds(SuggestionLine, st.integers(1, 10**18), texts, texts, st.integers(1, 10**9))
WORST_SUGGESTION = SuggestionLine(10**18, "<" * 9000, "&" * 9000, 10**9)


def test_suggestions_are_listed_each_with_its_buttons() -> None:
    lines = [
        SuggestionLine(4, "the <tunnel> won't come up", "How do I connect to the VPN?", 2),
        SuggestionLine(7, "coffee?", "When is the canteen open?", 1),
    ]
    message = suggestions_message(lines, 12, "Approved.")
    assert shown(message) == [
        "Approved.\n12 suggested wordings are waiting; the first 2:",
        "“the &lt;tunnel&gt; won't come up”\nas a wording of: How do I connect to the VPN?\n"
        "Picked by 2 people",
        "[Approve] [Reject]",
        "“coffee?”\nas a wording of: When is the canteen open?\nPicked by 1 person",
        "[Approve] [Reject]",
    ]
    assert values(message, "faq_suggestion_approve") == ["4", "7"]
    assert values(message, "faq_suggestion_reject") == ["4", "7"]
    assert shown(suggestions_message(lines[:1], 1))[0] == "1 suggested wording is waiting:"
    assert shown(suggestions_message((), 0)) == ["No suggested wordings are waiting."]


@settings(deadline=None)
@given(st.lists(suggested, max_size=10))
@example([WORST_SUGGESTION] * 10)
def test_no_suggested_text_breaks_slacks_limits_or_pings(lines: list[SuggestionLine]) -> None:
    check_limits(suggestions_message(lines, 10**9))


@settings(max_examples=50, deadline=None)
@given(st.lists(suggested, max_size=10))
def test_the_local_workspace_takes_every_list(lines: list[SuggestionLine]) -> None:
    check_message_blocks(suggestions_message(lines, 10**6).blocks)


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        (
            "the reindex process ended with status 1; see faqbot-data/jobs/3/log.txt",
            "the reindex process ended with status 1; `faqbot jobs` shows more",
        ),
        (
            "the index at https://qdrant.corp:6333 cannot be used: refused",
            "the index at … cannot be used: refused; `faqbot jobs` shows more",
        ),
        ("/srv/faq bot: No space left", "… bot: No space left; `faqbot jobs` shows more"),
        ("ended after 2 h, the limit", "ended after 2 h, the limit"),
    ],
)
def test_a_failure_is_shown_without_paths_and_addresses(detail: str, shown: str) -> None:
    message = job_message(Job(3, JobKind.REINDEX, JobState.FAILED, 0.5, detail))
    assert message.text == f"Reindex: failed: {shown}"
    assert shown in str(message.blocks)


def test_the_time_is_shown_in_the_readers_zone() -> None:
    context = job_message(JOB).blocks[-1]
    time = "<!date^1767323045^{date_short_pretty} {time}|2026-01-02 03:04 UTC>"
    assert f"Asked for by <@U1> {time}" in str(context)


def test_the_end_says_how_long_it_took() -> None:
    ends = {2: "took 2 s", 60: "took 1 min 0 s", 3601: "took 60 min 1 s"}
    for seconds, text in ends.items():
        finished = ASKED_AT + timedelta(seconds=seconds)
        job = dataclasses.replace(
            JOB, state=JobState.DONE, started_at=ASKED_AT, finished_at=finished
        )
        assert str(job_message(job).blocks[-1]).count(text) == 1


def test_progress_is_never_said_to_be_complete_before_the_end() -> None:
    job = dataclasses.replace(JOB, state=JobState.RUNNING, progress=0.999)
    assert "99 %" in str(job_message(job).blocks)


def test_whatever_stands_in_a_job_is_escaped_and_fits() -> None:
    job = dataclasses.replace(
        JOB,
        state=JobState.FAILED,
        detail="<!channel> " * 5000,
        arguments={"depth": "<!here>" * 50, "dry_run": True},
        requested_by="<!everyone>",
        result={"precision_at_1": "?", "mrr": [1], "golden": None},
    )
    message = job_message(job)
    shown = str(message.blocks) + message.text
    assert "<!channel" not in shown
    assert "<!here" not in shown
    assert "<!everyone" not in shown
    assert len(shown) < 3000
