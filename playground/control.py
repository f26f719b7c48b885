"""The control API: act as a person, look at the workspace, make things go wrong.

It is for a person on this machine, and for tests. JSON in, JSON out; an error is
``{"error": "one line"}`` with a status of 400 or above.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any, cast, get_args

from aiohttp import web

from playground.actions import interactions, messages
from playground.actions.interactions import Pick
from playground.delivery.dispatcher import Delivery
from playground.delivery.socket_mode import DisconnectReason
from playground.errors import ControlError, SlackError
from playground.faults import CallFault, TokenRefusal
from playground.hub import Call, Hub
from playground.web_api.methods.registry import METHODS
from playground.workspace.shapes import message_json, rich_text, typed_text, user_json, view_json
from playground.workspace.state import (
    APP_ID,
    APP_TOKEN,
    BOT_ID,
    BOT_TOKEN,
    BOT_USER_ID,
    TEAM_ID,
    Channel,
    Message,
    User,
    UserGroup,
    View,
)

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_WAIT_SECONDS = 60.0
STREAM_KEEPALIVE_SECONDS = 15.0


class Body:
    """The JSON body of a control request, with readable complaints."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A string that must be there."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            raise ControlError(f"Give {name!r} as a string.")
        return value

    def maybe(self, name: str) -> str | None:
        """A string or nothing."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise ControlError(f"{name!r} has to be a string.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise ControlError(f"{name!r} has to be true or false.")
        return value

    def number(self, name: str, default: float) -> float:
        """A number that is not negative."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ControlError(f"{name!r} has to be a number, 0 or more.")
        return float(value)

    def strings(self, name: str) -> list[str]:
        """A list of strings."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise ControlError(f"{name!r} has to be a list of strings.")
        return value


class Control:
    """The handlers of the control API."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> list[web.RouteDef]:
        """All routes of the control API."""
        posts: dict[str, Callable[[Body], Any]] = {
            "users": self.create_user,
            "channels": self.create_channel,
            "usergroups": self.set_usergroup,
            "admins": self.set_admin,
            "dm": self.open_dm,
            "post": self.post,
            "edit": self.edit,
            "delete": self.delete,
            "join": self.join,
            "leave": self.leave,
            "invite": self.invite,
            "archive": self.archive,
            "react": self.react,
            "unreact": self.unreact,
            "act": self.act,
            "suggest": self.suggest,
            "view/submit": self.submit_view,
            "view/close": self.close_view,
            "command": self.command,
            "shortcut": self.shortcut,
            "home": self.home,
            "assistant": self.assistant,
            "faults": self.add_fault,
            "faults/clear": self.clear_faults,
            "settings": self.settings,
            "sockets": self.sockets,
            "idle": self.idle,
        }
        gets: dict[str, Callable[[web.Request], Any]] = {
            "workspace": self.workspace,
            "messages": self.messages,
            "views": self.views,
            "calls": self.calls,
            "deliveries": self.deliveries,
            "changes": self.changes,
        }
        routes = [web.post(f"/control/{name}", self._post(f)) for name, f in posts.items()]
        routes += [web.get(f"/control/{name}", self._get(f)) for name, f in gets.items()]
        routes.append(web.get("/control/stream", self.stream))
        return routes

    def _post(self, function: Callable[[Body], Any]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            # Asking for this type keeps forms of other sites out: they cannot send it.
            if request.content_type != "application/json":
                raise ControlError("Send JSON, with the content type application/json.", 415)
            try:
                values = json.loads(await request.read() or b"{}")
            except ValueError:
                raise ControlError("The body is not JSON.") from None
            if not isinstance(values, dict):
                raise ControlError("The body has to be a JSON object.")
            return await self._respond(function(Body(values)))

        return handler

    def _get(self, function: Callable[[web.Request], Any]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await self._respond(function(request))

        return handler

    async def _respond(self, result: Any) -> web.Response:
        if asyncio.iscoroutine(result):
            result = await result
        return web.json_response(result if result is not None else {})

    # -- finding things --------------------------------------------------------------

    def _user(self, name_or_id: str) -> User:
        user = self._hub.workspace.find_user(name_or_id)
        if user is None:
            raise ControlError(f"There is no user {name_or_id!r}.", 404)
        return user

    def _channel(self, name_or_id: str) -> Channel:
        channel = self._hub.workspace.find_channel(name_or_id)
        if channel is None:
            raise ControlError(f"There is no channel {name_or_id!r}.", 404)
        return channel

    def _message(self, body: Body) -> tuple[User, Channel, Message]:
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        return user, channel, interactions.visible_message(channel, user, body.text("ts"))

    def _view(self, view_id: str) -> tuple[User, View]:
        view = self._hub.workspace.views.get(view_id)
        if view is None:
            raise ControlError(f"There is no open view {view_id!r}.", 404)
        return self._hub.workspace.users[view.user], view

    # -- what the workspace has ------------------------------------------------------

    def create_user(self, body: Body) -> Json:
        """Adds a person."""
        name = body.text("name")
        user = self._hub.workspace.add_user(
            name, body.maybe("real_name"), is_admin=body.flag("is_admin")
        )
        self._hub.changed()
        return user_json(user)

    def create_channel(self, body: Body) -> Json:
        """Adds a channel; everybody is a member of a public one unless `members` says who."""
        private = body.flag("private")
        members = [self._user(name).id for name in body.strings("members")]
        if body.flag("bot_member", True):
            members.append(BOT_USER_ID)
        channel = self._hub.workspace.add_channel(
            body.text("name").removeprefix("#"), "private" if private else "public", members
        )
        self._hub.changed()
        return self._channel_json(channel)

    def set_usergroup(self, body: Body) -> Json:
        """Adds a user group; one with this handle that is there gets these members."""
        users = [self._user(name).id for name in body.strings("users")]
        groups, handle = self._hub.workspace.usergroups, body.text("handle").removeprefix("@")
        group = next((g for g in groups.values() if g.handle == handle), None)
        if group is None:
            group = UserGroup(self._hub.workspace.next_id("S"), handle, users)
            groups[group.id] = group
        group.users = users
        self._hub.changed()
        return {"id": group.id, "handle": group.handle, "users": group.users}

    def set_admin(self, body: Body) -> Json:
        """Makes somebody an admin or owner of the workspace, or takes that away."""
        user = self._user(body.text("user"))
        user.is_admin = body.flag("is_admin", user.is_admin)
        user.is_owner = body.flag("is_owner", user.is_owner)
        self._hub.changed()
        return user_json(user)

    def open_dm(self, body: Body) -> Json:
        """Opens the direct message between a person and the bot."""
        channel, _ = self._hub.workspace.open_dm(self._user(body.text("user")).id)
        self._hub.changed()
        return self._channel_json(channel)

    # -- acting as a person ----------------------------------------------------------

    def post(self, body: Body) -> Json:
        """Posts a message as somebody would type it."""
        hub = self._hub
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        if channel.archived:
            raise ControlError(f"#{channel.name} is archived.")
        if channel.kind != "public" and user.id not in channel.members:
            raise ControlError(f"{user.name} is not in {channel.name}.")
        if user.id not in channel.members:
            # Slack lets people post only in channels they have joined; here they just do.
            channel.members.append(user.id)
        thread_ts = body.maybe("thread_ts")
        if thread_ts is not None:
            thread_ts = self._root_ts(channel, thread_ts)
        text = body.values.get("text", "")
        if not isinstance(text, str):
            raise ControlError("'text' has to be a string.")
        if not body.flag("raw"):
            text = typed_text(hub.workspace, text)
        files = body.values.get("files") or []
        if not text and not files:
            raise ControlError("Give 'text' as a string.")
        message = messages.post_as_person(
            hub,
            channel,
            user.id,
            text,
            rich_text(text) if text else [],
            thread_ts=thread_ts,
            broadcast=body.flag("broadcast"),
            me=body.flag("me"),
            files=[
                {
                    "id": hub.workspace.next_id("F"),
                    "name": str(name),
                    "title": str(name),
                    "mode": "hosted",
                    "user": user.id,
                }
                for name in files
            ],
        )
        return self._message_json(message)

    def _root_ts(self, channel: Channel, ts: str) -> str:
        message = channel.messages.get(ts)
        if message is None:
            raise ControlError(f"There is no message {ts} in {channel.name}.", 404)
        # Replying to a reply goes to its thread, as in Slack's own client.
        return message.thread_ts or ts

    def edit(self, body: Body) -> Json:
        """Edits one's own message."""
        user, channel, message = self._message(body)
        if message.user != user.id:
            raise ControlError(f"{user.name} did not write this message.")
        text = body.text("text")
        if not body.flag("raw"):
            text = typed_text(self._hub.workspace, text)
        changes = {"text": text, "blocks": rich_text(text)}
        messages.edit(self._hub, channel, message, user.id, changes)
        return self._message_json(message)

    def delete(self, body: Body) -> None:
        """Deletes a message: one's own, or any as an admin; or hides an ephemeral one."""
        user, channel, message = self._message(body)
        if message.ephemeral_to:
            del channel.ephemerals[message.ts]
            self._hub.changed()
            return
        if message.user != user.id and not user.is_admin:
            raise ControlError(f"{user.name} did not write this message and is no admin.")
        messages.delete(self._hub, channel, message)

    def join(self, body: Body) -> Json:
        """Joins a channel."""
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        messages.join(self._hub, channel, user.id)
        return self._channel_json(channel)

    def leave(self, body: Body) -> Json:
        """Leaves a channel, or takes somebody (such as the bot) out of it."""
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        messages.leave(self._hub, channel, user.id)
        return self._channel_json(channel)

    def invite(self, body: Body) -> Json:
        """Invites somebody, the bot unless said otherwise."""
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        guest = self._user(body.maybe("guest") or BOT_USER_ID)
        messages.join(self._hub, channel, guest.id, inviter=user.id)
        return self._channel_json(channel)

    def archive(self, body: Body) -> Json:
        """Archives a channel, or brings it back."""
        channel = self._channel(body.text("channel"))
        channel.archived = body.flag("archived", True)
        self._hub.changed()
        return self._channel_json(channel)

    def react(self, body: Body) -> None:
        """Adds a reaction."""
        user, channel, message = self._message(body)
        messages.react(self._hub, channel, message, user.id, body.text("name").strip(":"))

    def unreact(self, body: Body) -> None:
        """Removes a reaction."""
        user, channel, message = self._message(body)
        messages.unreact(self._hub, channel, message, user.id, body.text("name").strip(":"))

    async def act(self, body: Body) -> Json:
        """Clicks or chooses in a message (`channel`, `ts`) or in a view (`view`)."""
        pick = Pick(body.text("action_id"), body.maybe("block_id"), body.values.get("value"))
        view_id = body.maybe("view")
        if view_id is not None:
            user, view = self._view(view_id)
            delivery = interactions.act_on_view(self._hub, user, view, pick)
        else:
            user, channel, message = self._message(body)
            delivery = interactions.act_on_message(self._hub, user, channel, message, pick)
        return await self._settled(delivery, body)

    async def suggest(self, body: Body) -> Json:
        """Types into an external_select of a view or a message; what the app offers."""
        action_id, typed = body.text("action_id"), body.maybe("value") or ""
        view_id = body.maybe("view")
        if view_id is not None:
            user, view = self._view(view_id)
            _, options = await interactions.suggest(self._hub, user, action_id, typed, view=view)
        else:
            user, channel, message = self._message(body)
            _, options = await interactions.suggest(
                self._hub, user, action_id, typed, place=(channel, message)
            )
        return {"options": options}

    async def submit_view(self, body: Body) -> Json:
        """Submits a modal and waits for the app's answer."""
        user, view = self._view(body.text("view"))
        values = body.values.get("values", {})
        if not isinstance(values, dict):
            raise ControlError("'values' has to be an object.")
        delivery = await interactions.submit_view(self._hub, user, view, values)
        return delivery_json(delivery) | {"errors": view.errors}

    def close_view(self, body: Body) -> Json:
        """Closes a modal."""
        user, view = self._view(body.text("view"))
        delivery = interactions.close_view(self._hub, user, view, clear=body.flag("clear"))
        return delivery_json(delivery) if delivery else {}

    async def command(self, body: Body) -> Json:
        """Types a slash command and waits for its acknowledgement."""
        user, channel = self._user(body.text("user")), self._channel(body.text("channel"))
        command = "/" + body.text("command").removeprefix("/")
        known = self._hub.app.commands
        if known is not None and command not in known:
            raise ControlError(f"{command} is not a valid command.")
        text = body.maybe("text") or ""
        delivery = await interactions.run_command(self._hub, user, channel, command, text)
        return delivery_json(delivery)

    async def shortcut(self, body: Body) -> Json:
        """Runs a global shortcut, or one on a message (`channel`, `ts`)."""
        callback_id = body.text("callback_id")
        if body.maybe("ts"):
            user, channel, message = self._message(body)
            delivery = interactions.run_shortcut(self._hub, user, callback_id, channel, message)
        else:
            user = self._user(body.text("user"))
            delivery = interactions.run_shortcut(self._hub, user, callback_id)
        return await self._settled(delivery, body)

    def home(self, body: Body) -> None:
        """Opens the app's home (or its messages tab)."""
        user = self._user(body.text("user"))
        interactions.open_home(self._hub, user, body.maybe("tab") or "home")

    def assistant(self, body: Body) -> Json:
        """Starts a thread in the assistant container."""
        user = self._user(body.text("user"))
        root = interactions.start_assistant_thread(self._hub, user, body.maybe("context_channel"))
        return self._message_json(root)

    async def _settled(self, delivery: Delivery, body: Body) -> Json:
        if body.flag("wait", True):
            await delivery.done.wait()
        return delivery_json(delivery)

    # -- looking ---------------------------------------------------------------------

    def workspace(self, request: web.Request) -> Json:
        """Everything but messages: tokens, people, channels, connections."""
        hub = self._hub
        return {
            "url": hub.base_url,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "bot_id": BOT_ID,
            "bot_user_id": BOT_USER_ID,
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": hub.http.signing_secret,
            "users": [user_json(user) for user in hub.workspace.users.values()],
            "channels": [self._channel_json(c) for c in hub.workspace.channels.values()],
            "usergroups": [
                {"id": g.id, "handle": g.handle, "users": g.users}
                for g in hub.workspace.usergroups.values()
            ],
            "connections": len(hub.sockets.connections),
            "delivery": "http" if hub.dispatcher.transport is hub.http else "socket",
            "pending_deliveries": hub.dispatcher.pending,
            "revision": hub.revision,
        }

    def messages(self, request: web.Request) -> Json:
        """What a channel or a thread shows, oldest first; ephemeral ones of `user`, or of all."""
        channel = self._channel(request.query.get("channel", ""))
        thread_ts, user = request.query.get("thread_ts"), request.query.get("user")
        viewer = self._user(user).id if user else None
        if thread_ts:
            shown = [m for m in channel.messages.values() if thread_ts in (m.ts, m.thread_ts)]
        elif request.query.get("all"):
            shown = list(channel.messages.values())
        else:
            shown = channel.timeline()
        ephemerals = [
            m
            for m in channel.ephemerals.values()
            if viewer in (None, m.ephemeral_to)
            and (request.query.get("all") or m.thread_ts == thread_ts)
        ]
        ordered = sorted([*shown, *ephemerals], key=lambda message: message.ts)
        assistant = self._hub.workspace.assistant_threads.get((channel.id, thread_ts or ""))
        return {
            "messages": [self._message_json(message, viewer) for message in ordered],
            "assistant": {
                "status": assistant.status,
                "title": assistant.title,
                "prompts": assistant.prompts,
            }
            if assistant
            else None,
            "revision": self._hub.revision,
        }

    def views(self, request: web.Request) -> Json:
        """The modals a person has open, the top one last, and the home tab."""
        user = self._user(request.query.get("user", ""))
        workspace = self._hub.workspace
        home = workspace.views.get(workspace.homes.get(user.id, ""))
        return {
            "modals": [_view_json(view) for view in workspace.open_modals(user.id)],
            "home": _view_json(home) if home else None,
            "revision": self._hub.revision,
        }

    def calls(self, request: web.Request) -> Json:
        """The Web API calls received, oldest first."""
        method = request.query.get("method")
        calls = [c for c in self._hub.calls if method in (None, c.method)]
        return {"calls": [call_json(call) for call in calls], "revision": self._hub.revision}

    def deliveries(self, request: web.Request) -> Json:
        """The deliveries made, oldest first."""
        records = self._hub.dispatcher.records
        return {
            "deliveries": [delivery_json(delivery) for delivery in records],
            "revision": self._hub.revision,
        }

    async def changes(self, request: web.Request) -> Json:
        """Waits until the revision is above `after`, or for `timeout` seconds."""
        try:
            after = int(request.query.get("after", "0"))
            timeout = min(float(request.query.get("timeout", "10")), MAX_WAIT_SECONDS)
        except ValueError:
            raise ControlError("'after' and 'timeout' have to be numbers.") from None
        return {"revision": await self._hub.wait_for_change(after, timeout)}

    async def idle(self, body: Body) -> Json:
        """Waits until nothing is on its way to the app, and `quiet` seconds passed since."""
        hub = self._hub
        quiet = body.number("quiet", 0)
        deadline = hub.clock() + min(body.number("timeout", 10), MAX_WAIT_SECONDS)
        while True:
            revision, remaining = hub.revision, deadline - hub.clock()
            if not hub.dispatcher.pending:
                settled = quiet == 0
                if not settled and remaining > 0:
                    pause = min(quiet, remaining)
                    after = await hub.wait_for_change(revision, pause)
                    settled = after == revision and pause == quiet
                if settled:
                    return {"idle": True, "pending": []}
            elif remaining > 0:
                await hub.wait_for_change(revision, remaining)
            if hub.clock() >= deadline:
                pending = [d for d in hub.dispatcher.records if d.state == "pending"]
                return {"idle": False, "pending": [delivery_json(d) for d in pending]}

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the revision, each time something changes."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        seen = -1
        while not self._hub.closing.is_set():
            revision = await self._hub.wait_for_change(seen, STREAM_KEEPALIVE_SECONDS)
            try:
                if revision == seen:
                    await response.write(b": still here\n\n")
                else:
                    await response.write(b"data: %d\n\n" % revision)
            except ConnectionError:
                break
            seen = revision
        return response

    # -- faults and settings ---------------------------------------------------------

    def add_fault(self, body: Body) -> Json:
        """Makes calls of a method go wrong."""
        names = {field.name for field in fields(CallFault)} - {"id"}
        unknown = set(body.values) - names
        if unknown:
            raise ControlError(f"Unknown fault settings: {sorted(unknown)}.")
        method = body.text("method")
        if method not in (*METHODS, "response_url") and not any(sign in method for sign in "*?["):
            raise ControlError(f"There is no method {method!r}.")
        status = body.values.get("status")
        if status is not None and (not isinstance(status, int) or not 400 <= status <= 599):
            raise ControlError("'status' has to be an HTTP error status.")
        fault = CallFault(
            id=0,
            method=method,
            times=int(body.number("times", 1)),
            status=status,
            retry_after=int(body.number("retry_after", 1)),
            error=body.maybe("error"),
            delay=body.number("delay", 0),
            drop=body.flag("drop"),
            after=body.flag("after"),
        )
        return {"id": self._hub.faults.add(fault).id}

    def clear_faults(self, body: Body) -> None:
        """Makes everything work again."""
        self._hub.faults.clear()
        self._hub.sockets.play_dead(False)
        self._hub.sockets.link_enabled = True
        self._hub.changed()

    async def settings(self, body: Body) -> Json:
        """Changes settings; those that are not named stay."""
        hub, values = self._hub, body.values
        known = {
            "ack_timeout",
            "retry_delays",
            "trigger_seconds",
            "subscriptions",
            "scopes",
            "commands",
            "delivery",
            "url",
            "verify",
            "refuse_tokens",
            "delivery_delay",
            "duplicate_deliveries",
            "posts_per_second",
            "link_enabled",
        }
        if set(values) - known:
            raise ControlError(f"Unknown settings: {sorted(set(values) - known)}.")
        if "ack_timeout" in values:
            hub.delivery_settings.ack_timeout = body.number("ack_timeout", 3)
        if "retry_delays" in values:
            hub.delivery_settings.retry_delays = _seconds(values["retry_delays"])
        if "trigger_seconds" in values:
            hub.workspace.trigger_seconds = body.number("trigger_seconds", 3)
        if "subscriptions" in values:
            hub.set_subscriptions(body.strings("subscriptions"))
        for name in ("scopes", "commands"):
            if name in values:
                chosen = None if values[name] is None else frozenset(body.strings(name))
                setattr(hub.app, name, chosen)
        if "refuse_tokens" in values:
            refusal = body.maybe("refuse_tokens")
            if refusal is not None and refusal not in get_args(TokenRefusal):
                raise ControlError(f"'refuse_tokens' is one of {get_args(TokenRefusal)}.")
            hub.faults.refuse_tokens = cast(TokenRefusal | None, refusal)
        if "delivery_delay" in values:
            hub.faults.delivery_delay = body.number("delivery_delay", 0)
        if "duplicate_deliveries" in values:
            hub.faults.duplicate_deliveries = body.flag("duplicate_deliveries")
        if "posts_per_second" in values:
            rate = (
                None if values["posts_per_second"] is None else body.number("posts_per_second", 1)
            )
            hub.faults.posts_per_second = rate or None
        if "link_enabled" in values:
            hub.sockets.link_enabled = body.flag("link_enabled")
        if "delivery" in values:
            await self._deliver_by(body)
        hub.changed()
        return {}

    async def _deliver_by(self, body: Body) -> None:
        hub = self._hub
        mode = body.text("delivery")
        if mode == "socket":
            hub.dispatcher.transport = hub.sockets
        elif mode == "http":
            hub.http.url = body.text("url")
            if body.flag("verify", True):
                complaint = await hub.http.verify(hub.delivery_settings.ack_timeout)
                if complaint:
                    raise ControlError(f"Delivery stays as it was: {complaint}.")
            hub.dispatcher.transport = hub.http
        else:
            raise ControlError("'delivery' is 'socket' or 'http'.")

    async def sockets(self, body: Body) -> Json:
        """Does something to the open websockets: disconnect, drop, die or revive."""
        sockets, action = self._hub.sockets, body.text("action")
        if action == "disconnect":
            reason = body.maybe("reason") or "refresh_requested"
            if reason not in get_args(DisconnectReason):
                raise ControlError(f"'reason' is one of {get_args(DisconnectReason)}.")
            count = await sockets.disconnect(
                cast(DisconnectReason, reason), body.number("close_after", 10)
            )
        elif action == "drop":
            count = sockets.drop()
        elif action in ("die", "revive"):
            count = sockets.play_dead(action == "die")
        else:
            raise ControlError("'action' is 'disconnect', 'drop', 'die' or 'revive'.")
        return {"connections": count}

    # -- shapes ----------------------------------------------------------------------

    def _channel_json(self, channel: Channel) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "members": list(channel.members),
            "user": channel.im_user,
            "is_archived": channel.archived,
        }

    def _message_json(self, message: Message, viewer: str | None = None) -> Json:
        shown = message_json(self._hub.workspace, message, include_metadata=True)
        shown["channel"] = message.channel
        if message.ephemeral_to:
            shown["ephemeral_to"] = message.ephemeral_to
        if viewer and message.picks.get(viewer):
            shown["picks"] = message.picks[viewer]
        return shown


def _seconds(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not all(isinstance(v, int | float) for v in value):
        raise ControlError("'retry_delays' has to be a list of seconds.")
    return tuple(float(entry) for entry in value)


def _view_json(view: View) -> Json:
    return view_json(view) | {"errors": view.errors, "user": view.user}


def call_json(call: Call) -> Json:
    """A logged call."""
    return {
        "number": call.number,
        "method": call.method,
        "arguments": call.arguments,
        "received_at": call.received_at,
        "ok": call.ok,
        "error": call.error,
        "status": call.status,
        "seconds": call.seconds,
        "response": call.response,
    }


def delivery_json(delivery: Delivery) -> Json:
    """A recorded delivery; the app's tokens are not part of it."""
    payload = copy.copy(delivery.payload)
    payload.pop("token", None)
    return {
        "id": delivery.id,
        "kind": delivery.kind,
        "label": delivery.label,
        "payload": payload,
        "state": delivery.state,
        "response": delivery.response,
        "seconds": delivery.seconds,
        "created_at": delivery.created_at,
        "attempts": [
            {
                "number": attempt.number,
                "reason": attempt.reason,
                "started_at": attempt.started_at,
                "acked_at": attempt.acked_at,
                "error": attempt.error,
                "connection": attempt.connection,
            }
            for attempt in delivery.attempts
        ],
    }


def refusal(error: Exception) -> web.Response:
    """A control error as an answer."""
    if isinstance(error, ControlError):
        return web.json_response({"error": str(error)}, status=error.status)
    if isinstance(error, SlackError):
        return web.json_response({"error": f"Slack refuses this: {error.code}."}, status=400)
    raise error
