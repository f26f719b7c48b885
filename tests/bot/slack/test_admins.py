"""Who may use the admin commands."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from slack_sdk import WebClient

from bot.doctor import Check, Level, examine
from bot.settings import BotSettings
from bot.slack.admins import Admins, Standing
from bot.slack.client import client
from bot.slack.scopes import FURTHER_SCOPES
from index.errors import SettingsError
from playground.client import Person, Playground


@pytest.fixture
def ann(slack: Playground) -> Person:
    return slack.create_user("ann")


def standing(slack: Playground, person: Person, *rules: str) -> Standing:
    api: WebClient = client(slack.bot_token, slack.api_url)
    return Admins(rules, api, slack.team_id).standing(person.id)


def test_without_a_rule_nobody_is_an_admin(slack: Playground) -> None:
    boss = slack.create_user("boss", is_admin=True)
    assert standing(slack, boss) is Standing.NOBODY_IS


def test_a_user_id_makes_that_user_an_admin_and_slack_is_not_asked(
    slack: Playground, ann: Person
) -> None:
    bob = slack.create_user("bob")
    assert standing(slack, ann, bob.id, ann.id) is Standing.ADMIN
    assert standing(slack, ann, bob.id) is Standing.NOT_ADMIN
    assert slack.calls() == []


def test_a_group_makes_its_members_admins_for_as_long_as_they_are_in_it(
    slack: Playground, ann: Person
) -> None:
    bob = slack.create_user("bob")
    group = slack.create_usergroup("desk", [ann])
    assert standing(slack, ann, group.id) is Standing.ADMIN
    assert standing(slack, bob, group.id) is Standing.NOT_ADMIN
    assert slack.create_usergroup("desk", [bob]).id == group.id
    assert standing(slack, ann, group.id) is Standing.NOT_ADMIN
    assert standing(slack, bob, group.id) is Standing.ADMIN


def test_admins_and_owners_of_the_workspace_are_admins_by_that_rule(
    slack: Playground, ann: Person
) -> None:
    assert standing(slack, ann, "workspace-admins") is Standing.NOT_ADMIN
    slack.set_admin(ann, is_admin=True)
    assert standing(slack, ann, "workspace-admins") is Standing.ADMIN
    slack.set_admin(ann, is_admin=False, is_owner=True)
    assert standing(slack, ann, "workspace-admins") is Standing.ADMIN
    slack.set_admin(ann, is_admin=False)
    assert standing(slack, ann, "workspace-admins") is Standing.NOT_ADMIN


def test_an_admin_of_another_workspace_is_none_here(slack: Playground, ann: Person) -> None:
    slack.set_admin(ann, is_admin=True)
    api = client(slack.bot_token, slack.api_url)
    assert Admins(["workspace-admins"], api, "T0OTHER").standing(ann.id) is Standing.NOT_ADMIN


@pytest.mark.parametrize("rule", ["workspace-admins", "S0GROUP"])
@pytest.mark.parametrize(
    "fault",
    [
        {"error": "missing_scope"},
        {"error": "fatal_error"},
        {"status": 429, "retry_after": 30},
        {"status": 500},
    ],
)
def test_a_rule_that_slack_does_not_resolve_denies(
    slack: Playground, ann: Person, rule: str, fault: dict[str, object]
) -> None:
    slack.set_admin(ann, is_admin=True)
    slack.fail("user*", times=10, **fault)  # type: ignore[arg-type]
    assert standing(slack, ann, rule) is Standing.UNVERIFIED


def test_an_unknown_group_denies_but_another_rule_may_still_hold(
    slack: Playground, ann: Person
) -> None:
    assert standing(slack, ann, "S0GONE") is Standing.UNVERIFIED
    assert standing(slack, ann, "S0GONE", ann.id) is Standing.ADMIN
    slack.set_admin(ann, is_admin=True)
    assert standing(slack, ann, "S0GONE", "workspace-admins") is Standing.ADMIN


def test_somebody_whom_slack_does_not_know_is_denied(slack: Playground) -> None:
    stranger = Person("U0STRANGER", "stranger", slack)
    assert standing(slack, stranger, "workspace-admins") is Standing.UNVERIFIED


def test_the_setting_is_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_BOT_ADMINS", "U0123, S0456,workspace-admins")
    assert BotSettings.load().admins == ("U0123", "S0456", "workspace-admins")


@pytest.mark.parametrize("rule", ["ann", "@ann", "C0123", "u0123", "workspace_admins"])
def test_what_names_no_admins_is_refused_in_one_line(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_BOT_ADMINS", rule)
    with pytest.raises(SettingsError) as refused:
        BotSettings.load()
    message = str(refused.value)
    assert "FAQBOT_BOT_ADMINS" in message
    assert repr(rule) in message
    assert "workspace-admins" in message
    assert "\n" not in message


def test_the_admin_channel_is_an_id() -> None:
    assert BotSettings(admin_channel="C0123").admin_channel == "C0123"
    with pytest.raises(ValidationError, match="is not a channel id"):
        BotSettings(admin_channel="#ops")


# -- faqbot doctor ---------------------------------------------------------------------


@pytest.fixture
def check_slack(
    slack: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment in which `faqbot doctor` finds the playground."""
    environment = {
        "FAQBOT_INDEX_DATA_DIR": str(tmp_path),
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def examined(name: str) -> Check:
    (check,) = (check for check in examine(None) if check.name == name)
    return check


@pytest.mark.usefixtures("check_slack")
def test_the_doctor_warns_of_rules_that_slack_does_not_resolve(
    slack: Playground, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examined("admins").level is Level.OK
    group = slack.create_usergroup("desk", [])
    monkeypatch.setenv("FAQBOT_BOT_ADMINS", f"{ann.id},{group.id},workspace-admins")
    assert examined("admins") == Check(
        "admins", Level.OK, f"{ann.id}, {group.id}, workspace-admins"
    )
    monkeypatch.setenv("FAQBOT_BOT_ADMINS", f"U0GONE,S0GONE,{group.id}")
    check = examined("admins")
    assert check.level is Level.WARN
    assert "U0GONE: there is no such user in this workspace (user_not_found); " in check.finding
    assert "S0GONE: there is no such user group in this workspace" in check.finding
    assert group.id not in check.finding


@pytest.mark.usefixtures("check_slack")
def test_the_doctor_asks_those_who_installed_before_for_the_new_scopes(slack: Playground) -> None:
    old = {"app_mentions:read", "channels:history", "chat:write", "groups:history", "im:history"}
    slack.set_scopes(old)
    check = examined("Slack bot token")
    assert check.level is Level.WARN
    assert ", ".join(sorted(FURTHER_SCOPES)) in check.finding
    assert "reinstall" in check.finding
    slack.set_scopes(FURTHER_SCOPES)
    assert examined("Slack bot token").level is Level.FAIL


@pytest.mark.usefixtures("check_slack")
def test_the_doctor_looks_every_channel_up_and_says_what_to_do(
    slack: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examined("channels").level is Level.OK
    well, strange = slack.create_channel("well"), slack.create_channel("strange", bot_member=False)
    old = slack.create_channel("old")
    slack.archive(old)
    monkeypatch.setenv("FAQBOT_BOT_WATCHED_CHANNELS", well.id)
    assert examined("channels") == Check("channels", Level.OK, f"{well.id} (#well)")
    monkeypatch.setenv("FAQBOT_BOT_WATCHED_CHANNELS", f"{well.id},{strange.id},C0GONE")
    monkeypatch.setenv("FAQBOT_BOT_ADMIN_CHANNEL", old.id)
    monkeypatch.setenv("FAQBOT_BOT_CHANNEL_PRECISION", "C0TYPO=0.95")
    check = examined("channels")
    assert check.level is Level.FAIL
    assert well.id not in check.finding
    assert f"{strange.id} ([bot] watched_channels): the bot is not in #strange; invite it" in (
        check.finding
    )
    assert "C0GONE ([bot] watched_channels): there is no such channel, or it is private" in (
        check.finding
    )
    assert "C0TYPO ([bot] channel_precision): there is no such channel" in check.finding
    assert f"{old.id} ([bot] admin_channel): #old is archived" in check.finding
    slack.fail("conversations.info", error="missing_scope", times=10)
    assert "add the scope groups:read" in examined("channels").finding
