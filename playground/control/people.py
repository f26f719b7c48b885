"""People, channels and who is in them."""

from __future__ import annotations

from typing import Any

from playground.actions import members
from playground.control.answers import channel_answer
from playground.control.body import Body
from playground.control.lookup import find_channel, find_user
from playground.control.registry import on_post
from playground.hub import Hub
from playground.workspace.models import BOT_USER_ID, TEAM_ID, UserGroup
from playground.workspace.shapes import user_json

Json = dict[str, Any]


@on_post("users")
def create_user(hub: Hub, body: Body) -> Json:
    """Adds a person; with `team`, one of another organisation's workspace."""
    name = body.text("name")
    user = hub.workspace.add_user(
        name,
        body.maybe("real_name"),
        is_admin=body.flag("is_admin"),
        team=body.maybe("team") or TEAM_ID,
    )
    hub.changed()
    return user_json(user)


@on_post("admins")
def set_admin(hub: Hub, body: Body) -> Json:
    """Makes somebody an admin or owner of the workspace, or takes that away."""
    user = find_user(hub, body.text("user"))
    user.is_admin = body.flag("is_admin", user.is_admin)
    user.is_owner = body.flag("is_owner", user.is_owner)
    hub.changed()
    return user_json(user)


@on_post("usergroups")
def set_usergroup(hub: Hub, body: Body) -> Json:
    """Adds a user group; one with this handle that is there gets these members."""
    users = [find_user(hub, name).id for name in body.strings("users")]
    groups, handle = hub.workspace.usergroups, body.text("handle").removeprefix("@")
    group = next((g for g in groups.values() if g.handle == handle), None)
    if group is None:
        group = UserGroup(hub.workspace.next_id("S"), handle, users)
        groups[group.id] = group
    group.users = users
    hub.changed()
    return {"id": group.id, "handle": group.handle, "users": group.users}


@on_post("dm")
def open_dm(hub: Hub, body: Body) -> Json:
    """Opens the direct message between a person and the bot."""
    channel, _ = hub.workspace.open_dm(find_user(hub, body.text("user")).id)
    hub.changed()
    return channel_answer(channel)


@on_post("channels")
def create_channel(hub: Hub, body: Body) -> Json:
    """Adds a channel; everybody is a member of a public one unless `members` says who."""
    private = body.flag("private")
    members = [find_user(hub, name).id for name in body.strings("members")]
    if body.flag("bot_member", True):
        members.append(BOT_USER_ID)
    channel = hub.workspace.add_channel(
        body.text("name").removeprefix("#"), "private" if private else "public", members
    )
    hub.changed()
    return channel_answer(channel)


@on_post("share")
def share(hub: Hub, body: Body) -> Json:
    """Shares a channel with other organisations by the ids of their workspaces; none: ends it."""
    channel = find_channel(hub, body.text("channel"))
    channel.shared_with = body.strings("teams")
    hub.changed()
    return channel_answer(channel)


@on_post("join")
def join(hub: Hub, body: Body) -> Json:
    """Joins a channel."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    members.join(hub, channel, user.id)
    return channel_answer(channel)


@on_post("leave")
def leave(hub: Hub, body: Body) -> Json:
    """Leaves a channel, or takes somebody (such as the bot) out of it."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    members.leave(hub, channel, user.id)
    return channel_answer(channel)


@on_post("invite")
def invite(hub: Hub, body: Body) -> Json:
    """Invites somebody, the bot unless said otherwise."""
    user, channel = find_user(hub, body.text("user")), find_channel(hub, body.text("channel"))
    guest = find_user(hub, body.maybe("guest") or BOT_USER_ID)
    members.join(hub, channel, guest.id, inviter=user.id)
    return channel_answer(channel)


@on_post("archive")
def archive(hub: Hub, body: Body) -> Json:
    """Archives a channel, or brings it back."""
    channel = find_channel(hub, body.text("channel"))
    channel.archived = body.flag("archived", True)
    hub.changed()
    return channel_answer(channel)
