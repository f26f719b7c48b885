"""How `--help` lists commands, and what `--version` says."""

from importlib.metadata import version
from typing import Any

import typer
from typer.core import TyperGroup


class WholeLines(TyperGroup):
    """A group of commands that `--help` lists with whole sentences, not with cut ones."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with its first sentence, wrapped where it is long."""
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        # Of any length: the limit is what would cut it.
        rows = [
            (name, command.get_short_help_str(limit=10_000))
            for name, command in named
            if command is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def show_version(wanted: bool) -> None:
    """Print the version and end, if it is wanted."""
    if wanted:
        print(f"faqbot {version('faqbot')}")
        raise typer.Exit
