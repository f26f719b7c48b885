"""What `faqbot doctor` checks: each thing the bot needs, and how to mend it."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slack_sdk import WebClient

from bot import thresholds
from bot.settings import BotSettings
from bot.slack import client as slack
from bot.slack.admins import Admins
from bot.slack.lookup import authenticate
from bot.slack.scopes import ANSWER_SCOPES, BOT_SCOPES
from index.errors import CollectionLocked, FaqbotError
from index.generations.setup import open_engine
from index.model.versions import damaged_reports, verify
from index.private import lets_others_in
from index.settings import IndexSettings
from index.space import free_space, require_space
from index.store import Store
from index.store.types import Status
from index.text import counted


class Level(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing examined."""

    name: str
    level: Level
    finding: str


def examine(config: Path | None) -> list[Check]:
    """Check everything that can be checked; later checks are left out where they cannot run."""
    checks: list[Check] = []

    def run(name: str, check: Callable[[], Check]) -> bool:
        try:
            checks.append(check())
        except FaqbotError as error:
            checks.append(Check(name, Level.FAIL, str(error)))
        return checks[-1].level is not Level.FAIL

    def settings() -> Check:
        IndexSettings.load(config)
        BotSettings.load(config)
        return Check("settings", Level.OK, "readable")

    if not run("settings", settings):
        return checks
    index, bot = IndexSettings.load(config), BotSettings.load(config)
    run("disk", lambda: _disk(index))
    with ExitStack() as stack:
        stores: list[Store] = []

        def opened() -> Check:
            stores.append(stack.enter_context(closing(Store(index.store_url))))
            return _store(stores[0])

        if run("store", opened):
            run("model", lambda: _model(index, stores[0]))
            run("index", lambda: _index(index, stores[0]))
            run("answers", lambda: _answers(index, bot, stores[0]))
    for name, check in _slack(bot):
        run(name, check)
    run("data folder", lambda: _data_folder(index))
    return checks


def _disk(index: IndexSettings) -> Check:
    require_space(index.data_dir)
    return Check("disk", Level.OK, f"{free_space(index.data_dir) >> 20:,} MB free")


def _data_folder(index: IndexSettings) -> Check:
    """Whether others on this machine can read what people asked."""
    name, folder = "data folder", index.data_dir
    try:
        is_open = lets_others_in(folder)
    except FileNotFoundError:
        return Check(name, Level.OK, "not there yet; it will be readable by its owner only")
    except OSError as error:
        return Check(name, Level.FAIL, f"{folder} cannot be looked at: {error.strerror}")
    if is_open:
        finding = (
            f"other users of this machine can look into {folder}, where questions, answers and "
            f"logs are; run `chmod -R go-rwx {shlex.quote(str(folder))}`"
        )
        return Check(name, Level.WARN, finding)
    return Check(name, Level.OK, "readable by its owner only")


def _store(store: Store) -> Check:
    store.require_schema()
    counts = store.pairs.count()
    total = sum(counts.values())
    if not total:
        finding = "no pairs yet; run `faqbot import FILE`"
        return Check("store", Level.WARN, finding)
    return Check("store", Level.OK, f"{counted(total, 'pair')}, {counts[Status.ACTIVE]} active")


def _model(index: IndexSettings, store: Store) -> Check:
    generation = store.generations.live()
    if generation is None:
        return Check("model", Level.FAIL, "no live generation; run `faqbot init`")
    manifest = verify(index.models_dir, generation.model_version, index.model_key)
    if damaged := damaged_reports(index.models_dir, manifest):
        finding = (
            f"{manifest.version} can serve, but of its reports {', '.join(damaged)} "
            "is damaged or missing; restore it from a backup if you need it"
        )
        return Check("model", Level.WARN, finding)
    signed = ", signed with model_key" if index.model_key else ""
    files = counted(len(manifest.files), "file matches", "files match")
    finding = f"{manifest.version}: {files}{signed}"
    return Check("model", Level.OK, finding)


def _index(index: IndexSettings, store: Store) -> Check:
    generation = store.generations.live()
    if generation is None:
        return Check("index", Level.FAIL, "no live generation; run `faqbot init`")
    behind = store.pairs.count_changed(generation.indexed_revision)
    engine = open_engine(index)
    try:
        collection = engine.open(generation.collection)
        points = collection.count()
        collection.close()
    except CollectionLocked as held:
        level = Level.WARN if behind else Level.OK
        return Check("index", level, f"in use by {held.owner}; {counted(behind, 'pair')} behind")
    finally:
        engine.close()
    if not points and not behind and store.pairs.count()[Status.ACTIVE]:
        finding = "empty: its files were lost; `faqbot serve` or `faqbot ask` builds it again"
        return Check("index", Level.FAIL, finding)
    if behind:
        finding = f"{counted(behind, 'pair')} behind; `faqbot serve` or `faqbot init` catches up"
        return Check("index", Level.WARN, finding)
    return Check("index", Level.OK, f"{counted(points, 'point')}, up to date")


def _answers(index: IndexSettings, bot: BotSettings, store: Store) -> Check:
    ranker = thresholds.live_ranker(store, index.models_dir)
    if ranker is None:
        return Check("answers", Level.FAIL, "no live generation; run `faqbot init`")
    meanings = [
        f"{where} {thresholds.explain(ranker, precision)}"
        for where, precision in thresholds.in_use(bot).items()
    ]
    return Check("answers", Level.OK, "; ".join(meanings))


def _slack(bot: BotSettings) -> Iterator[tuple[str, Callable[[], Check]]]:
    yield "Slack bot token", lambda: _bot_token(bot)
    if bot.mode == "socket":
        yield "Slack app token", lambda: _app_token(bot)
    else:
        yield "Slack signing secret", lambda: _signing_secret(bot)
    yield "channels", lambda: _channels(bot)
    yield "admins", lambda: _admins(bot)


def _bot_token(bot: BotSettings) -> Check:
    name = "Slack bot token"
    token = bot.secret("slack_bot_token")
    if not token:
        finding = (
            "SLACK_BOT_TOKEN is not set; api.slack.com/apps > your app > "
            "OAuth & Permissions > Bot User OAuth Token"
        )
        return Check(name, Level.FAIL, finding)
    client = slack.client(token, bot.api_url)
    who = authenticate(client)
    headers = {name.lower(): value for name, value in who.headers.items()}
    if granted := headers.get("x-oauth-scopes"):
        missing = BOT_SCOPES - {scope.strip() for scope in granted.split(",")}
        if missing:
            finding = (
                f"missing scopes: {', '.join(sorted(missing))}; add them under OAuth & "
                "Permissions (the command under Slash Commands) and reinstall the app"
            )
            # An app that was installed before there were commands answers all the same.
            return Check(name, Level.FAIL if missing & ANSWER_SCOPES else Level.WARN, finding)
    bot_name, team = who.get("user") or who["user_id"], who.get("team") or "the team"
    return Check(name, Level.OK, f"{bot_name} in {team}")


def _app_token(bot: BotSettings) -> Check:
    name = "Slack app token"
    token = bot.secret("slack_app_token")
    if not token:
        finding = (
            "SLACK_APP_TOKEN is not set; api.slack.com/apps > your app > Basic Information > "
            "App-Level Tokens, scope connections:write"
        )
        return Check(name, Level.FAIL, finding)
    try:
        slack.client(token, bot.api_url).apps_connections_open(app_token=token)
    except Exception as error:
        reason = slack.explain(error)
        if isinstance(reason, slack.SlackUnavailable):
            return Check(name, Level.FAIL, f"Slack cannot be reached ({reason})")
        finding = (
            f"Slack refuses it ({reason}); it must be an App-Level Token (xapp-...) "
            "with the scope connections:write, and Socket Mode must be on"
        )
        return Check(name, Level.FAIL, finding)
    return Check(name, Level.OK, "opens Socket Mode connections")


def _signing_secret(bot: BotSettings) -> Check:
    name = "Slack signing secret"
    if not bot.secret("slack_signing_secret"):
        finding = (
            "SLACK_SIGNING_SECRET is not set; api.slack.com/apps > your app > "
            "Basic Information > App Credentials"
        )
        return Check(name, Level.FAIL, finding)
    return Check(name, Level.OK, "set; Slack shows under Event Subscriptions if it is right")


def _channels(bot: BotSettings) -> Check:
    name = "channels"
    named = dict.fromkeys(bot.watched_channels, "watched_channels")
    for channel in bot.channel_precision:
        named.setdefault(channel, "channel_precision")
    if bot.admin_channel:
        named.setdefault(bot.admin_channel, "admin_channel")
    if not named:
        return Check(name, Level.OK, "none: mentions and direct messages only")
    token = bot.secret("slack_bot_token")
    if not token:
        return Check(name, Level.WARN, "cannot be checked without the bot token")
    client = slack.client(token, bot.api_url)
    found = {channel: _channel(client, channel) for channel in named}
    wrong = [
        f"{channel} ([bot] {named[channel]}): {what}"
        for channel, (is_well, what) in found.items()
        if not is_well
    ]
    if wrong:
        return Check(name, Level.FAIL, "; ".join(wrong))
    return Check(name, Level.OK, ", ".join(f"{c} ({what})" for c, (_, what) in found.items()))


# What Slack says of a channel that it does not show, and what to do about it.
_UNSEEN = {
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it; "
    "correct the id, or invite the bot there (/invite)",
    "missing_scope": "it is private, and the app may not look it up; add the scope groups:read "
    "under OAuth & Permissions and reinstall the app",
}


def _channel(client: WebClient, channel: str) -> tuple[bool, str]:
    """Whether the bot can work in a channel, and its name or what to do."""
    try:
        info = client.conversations_info(channel=channel)["channel"]
    except Exception as error:
        reason = slack.explain(error)
        if isinstance(reason, slack.SlackUnavailable):
            return False, f"Slack cannot be reached ({reason})"
        return False, _UNSEEN.get(str(reason), f"Slack does not show it ({reason})")
    shown = f"#{info.get('name') or channel}"
    if info.get("is_archived"):
        return False, f"{shown} is archived; bring it back, or take it out of the settings"
    if info.get("is_member") is not True:
        return False, f"the bot is not in {shown}; invite it there (/invite)"
    return True, shown


def _admins(bot: BotSettings) -> Check:
    name = "admins"
    if not bot.admins:
        finding = "nobody: the admin commands of /faq are refused; set [bot] admins to use them"
        return Check(name, Level.OK, finding)
    token = bot.secret("slack_bot_token")
    if not token:
        return Check(name, Level.WARN, "cannot be checked without the bot token")
    client = slack.client(token, bot.api_url)
    who = authenticate(client)
    admins = Admins(bot.admins, client, str(who["team_id"]))
    if failures := admins.unresolved(str(who["user_id"])):
        named = "; ".join(f"{rule}: {_unresolved(rule, reason)}" for rule, reason in failures)
        finding = f"Slack does not resolve {named}. Nobody is an admin by that ([bot] admins)"
        return Check(name, Level.WARN, finding)
    return Check(name, Level.OK, ", ".join(bot.admins))


def _unresolved(rule: str, reason: str) -> str:
    """Why Slack does not say whom a rule means, and what to do."""
    is_group = rule.startswith("S")
    what = "user group" if is_group else "user"
    if reason in ("user_not_found", "users_not_found", "no_such_subteam", "subteam_not_found"):
        return f"there is no such {what} in this workspace ({reason}); correct the id"
    if reason == "missing_scope":
        scope = "usergroups:read" if is_group else "users:read"
        return f"the app may not look it up ({reason}); add the scope {scope} and reinstall the app"
    return f"{reason}; correct the id, or try again later"
