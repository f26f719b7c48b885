"""Finding what a control request names; what is not there is a `ControlError`."""

from __future__ import annotations

from playground.control.body import Body
from playground.errors import ControlError
from playground.hub import Hub
from playground.workspace.models import Channel, Message, User, View


def find_user(hub: Hub, name_or_id: str) -> User:
    """The person with this name or id."""
    user = hub.workspace.find_user(name_or_id)
    if user is None:
        raise ControlError(f"There is no user {name_or_id!r}.", 404)
    return user


def find_channel(hub: Hub, name_or_id: str) -> Channel:
    """The channel with this name or id."""
    channel = hub.workspace.find_channel(name_or_id)
    if channel is None:
        raise ControlError(f"There is no channel {name_or_id!r}.", 404)
    return channel


def find_view(hub: Hub, view_id: str) -> tuple[User, View]:
    """The open view with this id, and the person who sees it."""
    view = hub.workspace.views.get(view_id)
    if view is None:
        raise ControlError(f"There is no open view {view_id!r}.", 404)
    return hub.workspace.users[view.user], view


def visible_message(channel: Channel, user: User, ts: str) -> Message:
    """A message as this person sees it, ephemeral ones too."""
    ephemeral = channel.ephemerals.get(ts)
    if ephemeral is not None and ephemeral.ephemeral_to == user.id:
        return ephemeral
    try:
        return channel.messages[ts]
    except KeyError:
        raise ControlError(f"{user.name} sees no message {ts} in {channel.name}.", 404) from None


def find_message(hub: Hub, body: Body) -> tuple[User, Channel, Message]:
    """The message that a request names by `user`, `channel` and `ts`, with both of these."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    return user, channel, visible_message(channel, user, body.text("ts"))
