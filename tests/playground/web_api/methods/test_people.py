"""users.*, usergroups.* and reactions.*, called with Slack's own SDK."""

from __future__ import annotations

from slack_sdk import WebClient

from playground.client import Channel, Person, Playground
from tests.playground.calls import error_of


def test_people_and_groups_can_be_looked_up(slack: Playground, api: WebClient, ann: Person) -> None:
    assert api.users_info(user=ann.id)["user"]["profile"]["display_name"] == "ann"
    assert error_of(api.users_info, user="U404") == "user_not_found"
    group = slack.create_usergroup("admins", [ann])
    assert api.usergroups_users_list(usergroup=group.id)["users"] == [ann.id]
    assert error_of(api.usergroups_users_list, usergroup="S404") == "no_such_subteam"
    bob = slack.create_user("bob")
    assert slack.create_usergroup("@admins", [bob]).id == group.id
    assert api.usergroups_users_list(usergroup=group.id)["users"] == [bob.id]


def test_admins_and_owners_are_shown_as_such(api: WebClient, slack: Playground) -> None:
    boss = slack.create_user("boss", is_admin=True)

    def roles() -> tuple[bool, bool]:
        user = api.users_info(user=boss.id)["user"]
        return user["is_admin"], user["is_owner"]

    assert roles() == (True, False)
    slack.set_admin(boss, is_admin=False, is_owner=True)
    assert roles() == (False, True)


def test_the_bot_reacts_once(
    slack: Playground, api: WebClient, channel: Channel, ann: Person
) -> None:
    ts = ann.post(channel, "hello")
    api.reactions_add(channel=channel.id, timestamp=ts, name="eyes")
    assert slack.message(channel, ts).reactions == {"eyes": (slack.bot_user_id,)}
    again = {"channel": channel.id, "timestamp": ts, "name": "eyes"}
    assert error_of(api.reactions_add, **again) == "already_reacted"
    api.reactions_remove(**again)
    assert error_of(api.reactions_remove, **again) == "no_reaction"
