"""assistant.threads.*, called with Slack's own SDK."""

from __future__ import annotations

from slack_sdk import WebClient

from playground.client import Person, Playground


def test_the_assistant_container_shows_status_title_and_prompts(
    slack: Playground, api: WebClient, ann: Person
) -> None:
    root = ann.start_assistant_thread()
    place = {"channel_id": root.channel, "thread_ts": root.ts}
    api.assistant_threads_setStatus(**place, status="is thinking...")
    api.assistant_threads_setTitle(**place, title="VPN")
    api.assistant_threads_setSuggestedPrompts(**place, prompts=[{"title": "a", "message": "b"}])
    shown = slack.assistant_thread(root.channel, root.ts)
    assert (shown.status, shown.title, shown.prompts[0]["message"]) == (
        "is thinking...",
        "VPN",
        "b",
    )
    api.chat_postMessage(channel=root.channel, thread_ts=root.ts, text="done")
    assert slack.assistant_thread(root.channel, root.ts).status == ""
