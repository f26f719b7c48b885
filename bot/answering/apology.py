"""The one honest line where a question to the bot has got no answer."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.cards import wording
from bot.slack.client import SlackRefused, SlackUnavailable
from bot.slack.later import Later
from bot.slack.poster import Poster
from index.store.types import Question

# Seconds between the tries: an outage that made a question fail often lasts a while longer.
DELAYS_S = (30.0, 120.0, 600.0, 1800.0)

# There is no writing in the place, so its thread need not be tried.
_NO_PLACE = frozenset({"not_in_channel", "is_archived", "channel_not_found", "is_inactive"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Apologies:
    """Tells people who addressed the bot that their question has failed.

    Told at most once: a line whose post may have been made is looked for before another try. It
    is kept in memory only: what is not told when the bot stops is not told.
    """

    poster: Poster
    later: Later

    def tell(self, question: Question, refusal: str | None = None) -> None:
        """Post the line in the question's thread; where Slack refuses, to whoever asked.

        Args:
            refusal: What Slack has refused the answer with; None where it has not.
        """
        self._try(question, 0, privately=refusal in _NO_PLACE, unsure=False)

    def _try(self, question: Question, number: int, *, privately: bool, unsure: bool) -> None:
        try:
            if unsure and not privately and self.poster.find_apology(question):
                return
            text = wording.cannot_answer_in(question.channel) if privately else wording.APOLOGY
            self.poster.apologise(question, text, privately=privately)
            log.info("failure_told", question=question.id, privately=privately)
        except SlackRefused as error:
            if privately or question.channel.startswith("D"):
                log.warning("failure_not_told", question=question.id, reason=str(error))
                return
            self._try(question, number, privately=True, unsure=False)
        except SlackUnavailable as error:
            # Nothing can be looked up in a direct message that was never opened: tried again only
            # where Slack says that it has not posted.
            was_limited = error.retry_after is not None
            if number >= len(DELAYS_S) or (privately and not was_limited):
                log.warning("failure_not_told", question=question.id, reason=str(error))
                return
            self.later.after(
                error.retry_after or DELAYS_S[number],
                self._again(question, number + 1, privately=privately, unsure=not was_limited),
            )

    def _again(
        self, question: Question, number: int, *, privately: bool, unsure: bool
    ) -> Callable[[], None]:
        return lambda: self._try(question, number, privately=privately, unsure=unsure)
