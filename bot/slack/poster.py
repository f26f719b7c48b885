"""Posting replies, and finding them again in their threads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.client import (
    TIMEOUT_S,
    PostingClient,
    SlackRefused,
    ThreadUnreadable,
    TooLate,
    explain,
)
from bot.slack.message import Message
from index.processes import Age
from index.store.inbox import SETTLE
from index.store.types import Outcome, Question

METADATA_EVENT = "faqbot_answer"
APOLOGY_EVENT = "faqbot_apology"
# Of the matched wording in a reply's metadata, which Slack limits as a whole.
MAX_MATCHED_TEXT = 300
# A post that begins so long after it was noted has arrived, or failed, while it may (`SETTLE`):
# nobody else has posted yet.
BEGIN_WITHIN_S = SETTLE.total_seconds() - TIMEOUT_S


@dataclass(frozen=True)
class Poster:
    """Posts replies, and finds out whether one is in its thread already.

    Its client repeats nothing by itself (see `posting_client`): what fails is tried again from
    the inbox, and nobody sleeps through a rate limit while holding a question.
    """

    client: PostingClient

    def reply(self, question: Question, message: Message, outcome: Outcome, *, noted: Age) -> str:
        """Post a reply in the question's thread.

        Args:
            noted: Since when the inbox knows that this post is about to be made.

        Returns:
            The reply's ts.

        Raises:
            TooLate: It was not posted: the process stood still meanwhile, and another may have
                taken the question over.
            SlackUnavailable: It may have been posted or not.
            CardRefused: It was not posted, and may be in plain text.
            SlackRefused: It was not posted.
        """
        payload = {
            "question_id": question.id,
            "pair_id": outcome.pair_id or "",
            "matched_text": (outcome.matched_text or "")[:MAX_MATCHED_TEXT],
            "confidence": round(outcome.confidence or 0.0, 4),
            "model": outcome.model or "",
            "generation": outcome.generation or 0,
        }
        try:
            with self.client.within(noted, BEGIN_WITHIN_S):
                response = self.client.chat_postMessage(
                    channel=question.channel,
                    thread_ts=question.thread_ts or question.ts,
                    text=message.text,
                    blocks=message.blocks or None,
                    metadata={"event_type": METADATA_EVENT, "event_payload": payload},
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except TooLate:
            raise
        except Exception as error:
            raise explain(error) from error
        return str(response["ts"])

    def apologise(self, question: Question, text: str, *, privately: bool = False) -> None:
        """Say in the question's thread that there is no answer.

        Args:
            privately: In a direct message to whoever asked, instead.

        Raises:
            SlackUnavailable: It may have been posted or not.
            SlackRefused: It was not posted.
        """
        payload = {"question_id": question.id}
        try:
            self.client.chat_postMessage(
                channel=question.user if privately else question.channel,
                thread_ts=None if privately else question.thread_ts or question.ts,
                text=text,
                metadata={"event_type": APOLOGY_EVENT, "event_payload": payload},
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            raise explain(error) from error

    def find_apology(self, question: Question) -> bool:
        """Whether we have said in the question's thread that there is no answer.

        Raises:
            SlackUnavailable: The thread cannot be read now.
            ThreadUnreadable: The thread cannot be read.
        """
        return self._find(question, is_apology_for) is not None

    def find_reply(self, question: Question) -> str | None:
        """The ts of our reply to a question, where its thread has one.

        Raises:
            SlackUnavailable: The thread cannot be read now.
            ThreadUnreadable: The thread cannot be read.
        """
        return self._find(question, is_reply_to)

    def first_message(self, channel: str, thread_ts: str) -> Mapping[str, Any] | None:
        """The message that a thread stands below, by one call; None where it is gone.

        Raises:
            SlackUnavailable: The thread cannot be read now.
            SlackRefused: The thread cannot be read.
        """
        try:
            page = self.client.conversations_replies(channel=channel, ts=thread_ts, limit=1)
        except Exception as error:
            explained = explain(error)
            if str(explained) == "thread_not_found":
                return None
            raise explained from error
        found = [message for message in page["messages"] if message.get("ts") == thread_ts]
        return found[0] if found else None

    def _find(
        self, question: Question, is_it: Callable[[str, Mapping[str, Any]], bool]
    ) -> str | None:
        cursor = ""
        try:
            while True:
                page = self.client.conversations_replies(
                    channel=question.channel,
                    ts=question.thread_ts or question.ts,
                    oldest=question.ts,
                    include_all_metadata=True,
                    limit=200,
                    cursor=cursor or None,
                )
                for message in page["messages"]:
                    if is_it(question.id, message):
                        return str(message["ts"])
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return None
        except Exception as error:
            explained = explain(error)
            if str(explained) == "thread_not_found":
                return None  # the question itself was deleted
            if isinstance(explained, SlackRefused):
                explained = ThreadUnreadable(f"{explained} (looking for an earlier answer)")
            raise explained from error


def is_apology_for(question_id: str, message: Mapping[str, Any]) -> bool:
    """Whether a message says that there is no answer to a question."""
    return _names(APOLOGY_EVENT, question_id, message)


def _names(event: str, question_id: str, message: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == event and payload.get("question_id") == question_id


def is_reply_to(question_id: str, message: Mapping[str, Any]) -> bool:
    """Whether a message is our reply to a question: by its metadata, else by its buttons."""
    if _names(METADATA_EVENT, question_id, message):
        return True
    # Whoever stands between may drop metadata; every card with buttons names its question.
    return any(
        str(element.get("value") or "").partition(" ")[0] == question_id
        for block in message.get("blocks") or ()
        if block.get("type") == "actions"
        for element in block.get("elements") or ()
    )
