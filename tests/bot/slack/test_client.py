"""A failed call is explained by what it means for whoever made it."""

from types import SimpleNamespace

from slack_sdk.errors import SlackApiError

from bot.slack.client import SlackUnavailable, explain
from tests.support.tables import table


@table(
    [("3", 3.0), ("0", 0.1), ("inf", 3600.0), ("nan", 5.0), ("soon", 5.0), ("", 5.0)],
)
def test_any_retry_after_gives_a_sensible_wait(header: str, seconds: float) -> None:
    response = SimpleNamespace(status_code=429, data={}, headers={"Retry-After": header})
    explained = explain(SlackApiError("limited", response))  # type: ignore[no-untyped-call]
    assert isinstance(explained, SlackUnavailable)
    assert explained.retry_after == seconds
