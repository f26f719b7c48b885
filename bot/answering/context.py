"""What a question is about where its own message does not say so."""

from dataclasses import dataclass, replace

import structlog

from bot.intake.addressed import is_bare, is_greeting, points_elsewhere
from bot.intake.events import said_in
from bot.intake.is_question import is_question
from bot.slack.client import SlackRefused, SlackUnavailable
from bot.slack.poster import Poster
from index.errors import FaqbotError
from index.store.inbox import Inbox
from index.store.types import Question

log = structlog.get_logger(__name__)


def asks_something(question: Question) -> bool:
    """Whether there is anything to search for in a message to the bot."""
    return is_question(question.text, addressed=True) and not is_greeting(question.text)


@dataclass(frozen=True)
class Context:
    """Reads what a message to the bot points at."""

    inbox: Inbox
    poster: Poster

    def read(self, question: Question) -> Question:
        """The question with what it asks: its own words, or those that it stands below.

        A bare mention, or one with words such as "any idea?", asks what the thread's first message
        asks. That is looked for among the stored questions, else read from Slack by one call. A
        bare mention in no thread asks what its writer said just before.

        Raises:
            SlackUnavailable: Slack limits the rate.
            FaqbotError: The thread cannot be read now.
        """
        if not question.direct or not points_elsewhere(question.text):
            return question
        thread = question.thread_ts
        if thread is not None and thread != question.ts:
            asked = self.inbox.text_of(question.team, question.channel, thread)
            asked = asked or self._first_message(question.channel, thread)
        else:
            asked = self.inbox.said_before(question) if is_bare(question.text) else None
        if not asked or not is_question(asked, addressed=True):
            return question
        self.inbox.set_text(question.id, asked)
        return replace(question, text=asked)

    def _first_message(self, channel: str, thread_ts: str) -> str | None:
        try:
            message = self.poster.first_message(channel, thread_ts)
        except SlackUnavailable as error:
            if error.retry_after is not None:
                raise
            raise FaqbotError(f"the thread cannot be read: {error}") from error
        except SlackRefused as error:
            log.warning("thread_not_read", channel=channel, reason=str(error))
            return None
        if message is None or message.get("bot_id") or message.get("bot_profile"):
            return None
        return said_in(message)
