"""The slash command `/faq`: acknowledged at once, then checked and carried out."""

from typing import Any

from slack_bolt import Ack, App, Respond

from bot.commands import COMMAND, Commands, Typed
from bot.deps import Deps


def register(app: App, deps: Deps) -> None:
    """Take `/faq`."""
    commands = Commands(deps)

    @app.command(COMMAND)
    def take(ack: Ack, command: dict[str, Any], respond: Respond) -> None:
        ack()
        deps.background.submit(commands.carry_out, Typed.parse(command), respond)
