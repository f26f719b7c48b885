"""The Slack app manifest asks for exactly what the code uses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient

from bot.cards.wording import help_text
from bot.commands import COMMAND
from bot.intake.events import question_from_event
from bot.slack.scopes import BOT_SCOPES
from bot.transports.http import EVENTS_PATH
from index.jobs.registry import slack_commands

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "deploy" / "slack-manifest.yaml"
BOT = "U0BOT"
WATCHED = "C0WATCHED"

# What Slack's documentation asks for (docs.slack.dev/reference/methods, .../events). A method
# that reads a conversation needs the history scope of each kind of conversation that it meets.
HISTORY = object()
METHOD_SCOPES: dict[str, str | object | None] = {
    "auth_test": None,
    "apps_connections_open": None,  # an app-level token's connections:write, not a bot scope
    "chat_postMessage": "chat:write",
    "chat_postEphemeral": "chat:write",
    "chat_update": "chat:write",
    "chat_delete": "chat:write",
    # For public channels; others it is only to be told apart from.
    "conversations_info": "channels:read",
    "conversations_replies": HISTORY,
    "conversations_history": HISTORY,
    "files_upload_v2": "files:write",
    "reactions_add": "reactions:write",
    "reactions_remove": "reactions:write",
    "usergroups_users_list": "usergroups:read",
    "users_info": "users:read",
    "views_open": None,
    "views_update": None,
    "views_push": None,
    "views_publish": None,
}
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "member_joined_channel": "channels:read",
    "app_home_opened": None,
}
# One of each event, as Slack delivers it, where a question would be answered if it is ever.
MESSAGE = {"user": "U1", "ts": "1.0", "text": "how do I reset my password?"}
SAMPLES: dict[str, dict[str, Any]] = {
    "app_mention": {"type": "app_mention", "channel": "C0OTHER"},
    "message.channels": {"type": "message", "channel": WATCHED, "channel_type": "channel"},
    "message.groups": {"type": "message", "channel": WATCHED, "channel_type": "group"},
    "message.im": {"type": "message", "channel": "D01", "channel_type": "im"},
    "message.mpim": {"type": "message", "channel": "C0MPIM", "channel_type": "mpim"},
    "reaction_added": {"type": "reaction_added", "channel": WATCHED},
    "member_joined_channel": {"type": "member_joined_channel", "channel": WATCHED},
    "app_home_opened": {"type": "app_home_opened", "channel": "D01"},
}
# Decorators of a Bolt app that need an entry in the manifest's `features`, and a scope.
FEATURES = {"command": "slash_commands", "shortcut": "shortcuts"}
FEATURE_SCOPE = "commands"
LIMITS = {
    ("display_information", "name"): (1, 35),
    ("display_information", "description"): (1, 140),
    ("display_information", "long_description"): (175, 4000),
    ("display_information", "background_color"): (4, 7),
    ("features", "bot_user", "display_name"): (1, 80),
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return document


def calls_on_attributes(folder: str = "bot") -> Iterator[str]:
    """Names of the methods called anywhere in a folder: `x` in `anything.x(...)`."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr


def api_methods() -> set[str]:
    """Web API methods the bot calls, as the client names them."""
    # The client's API methods are those whose name has a family and an action.
    known = {
        name
        for name in vars(WebClient)
        if re.fullmatch(r"[a-z]+_[a-zA-Z0-9_]+", name) and name not in ("api_call",)
    }
    return known & set(calls_on_attributes())


def events() -> set[str]:
    """Event subscriptions whose events the bot takes questions from."""
    return {
        name
        for name, event in SAMPLES.items()
        if question_from_event(
            {"team_id": "T1", "event": MESSAGE | event}, bot_user_id=BOT, watched={WATCHED}
        )
    }


def needed_scopes() -> set[str]:
    scopes = {scope for name in events() if (scope := EVENT_SCOPES[name])}
    history = {scope for scope in scopes if scope.endswith(":history")}
    for method in api_methods():
        scope = METHOD_SCOPES[method]
        if scope is HISTORY:
            scopes |= history
        elif isinstance(scope, str):
            scopes.add(scope)
    if FEATURES.keys() & set(calls_on_attributes("bot/listeners")):
        scopes.add(FEATURE_SCOPE)
    return scopes


def test_every_web_api_method_the_bot_calls_is_in_the_table() -> None:
    assert api_methods() >= {"chat_postMessage", "chat_update", "conversations_replies"}
    assert api_methods() <= METHOD_SCOPES.keys()


def test_the_manifest_asks_for_exactly_the_scopes_that_are_needed(manifest: dict[str, Any]) -> None:
    asked = manifest["oauth_config"]["scopes"]
    assert asked.keys() == {"bot"}, "no user token is used"
    assert len(asked["bot"]) == len(set(asked["bot"]))
    assert set(asked["bot"]) == needed_scopes()


def test_the_doctor_checks_the_scopes_that_the_manifest_asks_for(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == BOT_SCOPES


def test_the_manifest_subscribes_to_exactly_the_events_that_bring_questions(
    manifest: dict[str, Any],
) -> None:
    subscriptions = manifest["settings"]["event_subscriptions"]
    assert len(subscriptions["bot_events"]) == len(set(subscriptions["bot_events"]))
    assert set(subscriptions["bot_events"]) == events()
    assert "user_events" not in subscriptions


def test_every_scope_has_a_comment_that_says_why() -> None:
    lines = MANIFEST.read_text("utf-8").splitlines()
    scopes = [i for i, line in enumerate(lines) if re.match(r"\s+- [a-z_]+(:[a-z]+)?$", line)]
    scopes = [i for i in scopes if lines[i].split()[-1] in BOT_SCOPES]
    assert len(scopes) == len(BOT_SCOPES)
    for i in scopes:
        assert lines[i - 1].strip().startswith("#"), lines[i]


def test_buttons_work_and_no_command_is_offered_that_nobody_handles(
    manifest: dict[str, Any],
) -> None:
    called = set(calls_on_attributes("bot/listeners"))
    assert manifest["settings"]["interactivity"]["is_enabled"] is ("action" in called)
    for decorator, feature in FEATURES.items():
        assert (feature in manifest["features"]) is (decorator in called), feature


def test_the_command_that_is_handled_is_the_one_that_is_offered(manifest: dict[str, Any]) -> None:
    (offered,) = manifest["features"]["slash_commands"]
    assert offered["command"] == COMMAND
    # No command takes a person or a channel, so there are no ids to be had.
    assert offered["should_escape"] is False
    hinted = {words.split()[0] for words in offered["usage_hint"].split(" | ")}
    assert hinted == set(re.findall(r"(?m)^• `/faq (\w+)", help_text(slack_commands())))


def test_people_can_write_to_the_bot_directly(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]
    assert home["messages_tab_enabled"] is True
    assert home["messages_tab_read_only_enabled"] is False
    assert "message.im" in events()


def test_socket_mode_is_on_and_the_http_hint_names_the_path_that_is_served(
    manifest: dict[str, Any],
) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    hints = re.findall(r"# (?:request_)?url: https://[\w.]+(\S+)", MANIFEST.read_text("utf-8"))
    assert hints == [EVENTS_PATH] * 3


def test_the_http_hints_taken_in_make_the_http_manifest() -> None:
    text = MANIFEST.read_text("utf-8").replace("# request_url:", "request_url:")
    manifest = yaml.safe_load(text.replace("# url:", "url:"))
    settings = manifest["settings"]
    urls = [settings[part]["request_url"] for part in ("event_subscriptions", "interactivity")]
    urls += [command["url"] for command in manifest["features"]["slash_commands"]]
    for url in urls:
        assert url.startswith("https://")
        assert len(url) <= 3500


def test_keys_and_lengths_are_those_that_slack_documents(manifest: dict[str, Any]) -> None:
    # github.com/slackapi/manifest-schema, version 2; it allows no further keys.
    allowed = {
        (): {"_metadata", "display_information", "features", "oauth_config", "settings"},
        ("_metadata",): {"major_version", "minor_version"},
        ("display_information",): {"name", "description", "long_description", "background_color"},
        ("features",): {"app_home", "bot_user", "slash_commands", "shortcuts"},
        ("features", "app_home"): {
            "home_tab_enabled",
            "messages_tab_enabled",
            "messages_tab_read_only_enabled",
        },
        ("features", "bot_user"): {"display_name", "always_online"},
        ("oauth_config",): {"scopes", "redirect_urls"},
        ("oauth_config", "scopes"): {"bot", "user", "bot_optional", "user_optional"},
        ("settings",): {
            "socket_mode_enabled",
            "org_deploy_enabled",
            "token_rotation_enabled",
            "event_subscriptions",
            "interactivity",
        },
        ("settings", "event_subscriptions"): {"request_url", "bot_events", "user_events"},
        ("settings", "interactivity"): {"is_enabled", "request_url"},
    }
    required = {
        (): {"display_information"},
        ("display_information",): {"name"},
        ("features", "bot_user"): {"display_name"},
        ("settings", "interactivity"): {"is_enabled"},
    }
    for path, keys in allowed.items():
        part = _at(manifest, path)
        assert part.keys() <= keys, path
        assert part.keys() >= required.get(path, set()), path
    assert manifest["_metadata"]["major_version"] in (1, 2)
    for command in manifest["features"]["slash_commands"]:
        keys = {"command", "url", "description", "usage_hint", "should_escape"}
        assert {"command", "description"} <= command.keys() <= keys
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    for path, (low, high) in LIMITS.items():
        *parents, key = path
        value = _at(manifest, parents).get(key)
        if value is not None:
            assert low <= len(value) <= high, path
    color = manifest["display_information"]["background_color"]
    assert re.fullmatch(r"#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?", color)
    names = manifest["settings"]["event_subscriptions"]["bot_events"]
    names = names + manifest["oauth_config"]["scopes"]["bot"]
    assert all(len(name) <= 50 for name in names)


def _at(document: dict[str, Any], path: tuple[str, ...] | list[str]) -> dict[str, Any]:
    for key in path:
        document = document[key]
    return document
