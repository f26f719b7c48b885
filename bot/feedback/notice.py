"""Telling the admins of a wording that was learnt from picks."""

import structlog
from slack_sdk import WebClient

from bot.cards.admin import SuggestionLine, learnt_message
from bot.slack.client import explain
from bot.slack.lookup import is_shared_outside
from index.store import Store
from index.store.types import Suggestion
from index.store.visibility import Place, may_show

log = structlog.get_logger(__name__)


def tell_admins(
    learnt: Suggestion, asked: str, channel: str, store: Store, client: WebClient
) -> None:
    """Say in the admins' channel what was learnt, with a button to take it back.

    Args:
        asked: The wording, which the suggestion has no more.
        channel: Id of the admins' channel.
    """
    pair = store.pairs.get([learnt.pair_id]).get(learnt.pair_id)
    place = Place(channel, outside=is_shared_outside(client, channel))
    question = pair.question if pair is not None and may_show(pair, place) else ""
    message = learnt_message(SuggestionLine(learnt.id, asked, question, learnt.picks))
    try:
        client.chat_postMessage(channel=channel, text=message.text, blocks=message.blocks)
    except Exception as error:
        log.warning("admins_not_told", suggestion=learnt.id, reason=str(explain(error)))
