"""Which of Slack's events are questions for the bot: a pure function of the event."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from bot.intake.addressed import is_heard
from bot.intake.is_question import is_question
from index.store.types import NewQuestion
from index.text import clean

_PERSON = re.compile(r"<@([^<>|]+)")
# A message with a file is a message, and so is a thread's reply that is shown in the channel too;
# every other subtype is an edit, a join, a bot's post...
_PLAIN_SUBTYPES = (None, "file_share", "thread_broadcast")


# Given a workspace, a channel, a thread and somebody: whether they addressed the bot with what they
# asked in that thread and the bot replied to; None where there is no such question.
AskedIn = Callable[[str, str, str, str], bool | None]


def question_from_event(
    body: Mapping[str, Any],
    *,
    bot_user_id: str,
    watched: Collection[str],
    asked_in: AskedIn | None = None,
) -> NewQuestion | None:
    """The question that an Events API payload brings, or None.

    Asked for are mentions anywhere, direct messages, and every question in a watched channel.
    A reply in a thread of a channel counts where it mentions the bot, or where it is a question by
    somebody whose question the bot has replied to in that thread: a follow-up. Slack delivers a
    mention twice, as `message` and as `app_mention`; both give the same question, which the inbox
    stores once. So does an edit that adds a mention: the message counts as it is now.

    Args:
        body: The payload: `team_id` and `event`.
        watched: Ids of the channels where every question counts.
        asked_in: Looks up what a follow-up may go on from; None: none counts. It is called only for
            questions in threads.
    """
    event = body.get("event")
    if not isinstance(event, Mapping) or event.get("type") not in ("message", "app_mention"):
        return None
    if event.get("subtype") == "message_changed":
        event = _mentioned_by_edit(event, bot_user_id)
    user, channel, ts = (str(event.get(key) or "") for key in ("user", "channel", "ts"))
    if not (user and channel and ts) or _is_noise(event, bot_user_id):
        return None
    own = clean(str(event.get("text") or ""))
    text = said_in(event)
    thread_ts = str(event["thread_ts"]) if event.get("thread_ts") else None
    mentioned = event["type"] == "app_mention" or _mentions(own, bot_user_id)
    in_thread = thread_ts is not None and thread_ts != ts
    team = _team(body, event)
    direct = mentioned or _is_direct_message(event)
    if not direct and in_thread:
        if asked_in is None or not is_question(text) or _speaks_to_others(own, bot_user_id):
            return None
        asked = asked_in(team, channel, str(thread_ts), user)
        if asked is None:
            return None
        direct = asked
    elif not direct and channel not in watched:
        return None
    with_files = bool(event.get("files"))
    if not (is_heard(text, with_files=with_files) if direct else is_question(text)):
        return None
    return NewQuestion(
        team=team,
        channel=channel,
        ts=ts,
        thread_ts=thread_ts,
        user=user,
        text=text,
        direct=direct,
        outside=is_outside(body),
        with_files=with_files,
    )


def said_in(message: Mapping[str, Any]) -> str:
    """The text of a message, and below it of those that it forwards."""
    texts = [message.get("text")]
    for attachment in message.get("attachments") or ():
        # Previews of links are attachments, too.
        if isinstance(attachment, Mapping) and attachment.get("is_share"):
            texts.append(attachment.get("text") or attachment.get("fallback"))
    return clean("\n".join(str(text) for text in texts if text))


def _mentioned_by_edit(event: Mapping[str, Any], bot_user_id: str) -> Mapping[str, Any]:
    """The message of an edit that mentions the bot, and did not before; empty for another edit."""
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, Mapping) or not isinstance(before, Mapping):
        return {}
    if not _mentions(str(now.get("text") or ""), bot_user_id):
        return {}
    if _mentions(str(before.get("text") or ""), bot_user_id):
        return {}
    place = {key: event.get(key) for key in ("channel", "channel_type")}
    return {**now, **place, "type": "message", "edited": None}


def is_outside(body: Mapping[str, Any]) -> bool:
    """Whether people of other organisations read the channel of an event, or caused it.

    Slack says the first of the whole event; the second by the team of whoever wrote, where that
    is none of ours. On Enterprise Grid the other workspaces count as others, too.
    """
    event = body.get("event")
    event = event if isinstance(event, Mapping) else {}
    message = event.get("message")
    messages = (event, message if isinstance(message, Mapping) else {})
    ours = {_team(body, event), _enterprise(body)}
    teams = {m.get(key) for m in messages for key in ("user_team", "source_team")} - {None, ""}
    return body.get("is_ext_shared_channel") not in (None, False) or not teams <= ours


def _mentions(text: str, user_id: str) -> bool:
    return bool(user_id) and (f"<@{user_id}>" in text or f"<@{user_id}|" in text)


def _team(body: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The workspace that the bot is installed in: in a shared channel `team_id` may be another,
    and a message's two deliveries must give one key."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("team_id") or body.get("team_id") or event.get("team") or "")


def _enterprise(body: Mapping[str, Any]) -> str | None:
    """The organisation that the workspace belongs to, where it has one."""
    authorizations = body.get("authorizations") or [{}]
    return authorizations[0].get("enterprise_id") or None


def _is_noise(event: Mapping[str, Any], bot_user_id: str) -> bool:
    return bool(
        event.get("subtype") not in _PLAIN_SUBTYPES
        or event.get("bot_id")
        or event.get("bot_profile")
        or (event.get("edited") and event.get("type") != "app_mention")
        or event.get("hidden")
        or event.get("user") in (bot_user_id, "USLACKBOT")
    )


def _speaks_to_others(text: str, bot_user_id: str) -> bool:
    return any(person != bot_user_id for person in _PERSON.findall(text))


def _is_direct_message(event: Mapping[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(event.get("channel")).startswith("D")
