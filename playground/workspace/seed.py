"""A small workspace to start with: a few people and two channels."""

from __future__ import annotations

from playground.workspace.models import BOT_USER_ID
from playground.workspace.state import Workspace

PEOPLE = (
    ("ann", "Ann Archer", True),
    ("bob", "Bob Baker", False),
    ("cleo", "Cleo Cooper", False),
)


def seed(workspace: Workspace) -> None:
    """Fills an empty workspace. Ann is an admin; the bot is in #helpdesk, not in #random."""
    ids = [
        workspace.add_user(name, real_name, is_admin=is_admin).id
        for name, real_name, is_admin in PEOPLE
    ]
    workspace.add_channel("helpdesk", "public", [*ids, BOT_USER_ID])
    workspace.add_channel("random", "public", ids)
    for user_id in ids:
        workspace.open_dm(user_id)
