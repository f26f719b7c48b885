"""``python -m playground.chat``: a direct message with the bot, in the terminal."""

from __future__ import annotations

import argparse
import contextlib
import html
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from playground.client import Channel, Message, Person, Playground, PlaygroundError, WaitTimeout

ANSWER_SECONDS = 8.0
CLICK_SECONDS = 3.0
QUIT = ("quit", "exit", ":q")

_TIME = re.compile(r"<!date\^[^<>|]*\|([^<>]*)>")
# Code stays as it is; a star inside a word or beside a space marks nothing.
_CODE_OR_BOLD = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)|(?<![\w*])\*(?P<bold>(?=\S)[^*\n]+(?<=\S))\*(?![\w*])",
    re.DOTALL,
)
_BOLD, _PLAIN = "\x1b[1m", "\x1b[22m"
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")

EXAMPLE = """\
example:
  python -m playground.chat --as bob
  you> how do I reset my password?
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="faqbot chat",
        description="Talk to the bot of a running playground.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--url", default="http://127.0.0.1:8080", help="the playground (default: %(default)s)"
    )
    result.add_argument(
        "--as",
        dest="person",
        metavar="NAME",
        default="ann",
        help="who you are (default: %(default)s)",
    )
    return result


class Chat:
    """One person's direct message with the bot."""

    def __init__(self, slack: Playground, person: Person) -> None:
        self._slack = slack
        self._person = person
        self._channel: Channel = person.open_dm()
        self._last: Message | None = None

    def say(self, text: str) -> None:
        """Posts what the person typed, or clicks the button with that number."""
        if self._last is not None and text.isdecimal():
            self._click(int(text))
            return
        if text.startswith("/"):
            self._command(text)
            return
        ts = self._person.post(self._channel, text)
        try:
            (self._last, *_) = self._slack.wait_for_replies(
                self._channel, ts, count=1, timeout=ANSWER_SECONDS
            )
        except WaitTimeout:
            print("(no answer: the bot takes this for no question, or is not running)")
            return
        self._show()

    def _command(self, text: str) -> None:
        """Types a slash command and shows what comes of it."""
        command, _, rest = text.partition(" ")
        seen = {message.ts for message in self._person.sees(self._channel)}

        def answers() -> list[Message]:
            return [m for m in self._person.sees(self._channel) if m.ts not in seen]

        self._person.command(self._channel, command, rest)
        try:
            for message in self._slack.wait_until(answers, timeout=ANSWER_SECONDS):
                print("\n" + shown_on_screen(message.all_text) + "\n")
        except WaitTimeout:
            print("(no answer)")

    def _click(self, number: int) -> None:
        assert self._last is not None
        buttons = _buttons(self._last)
        if not 1 <= number <= len(buttons):
            print(f"(there is no button {number})")
            return
        before, button = self._last, buttons[number - 1]
        self._person.click(
            self._channel, before.ts, action_id=button.action_id, block_id=button.block_id
        )

        def changed() -> Message | None:
            now = self._slack.message(self._channel, before.ts)
            return now if now.blocks != before.blocks else None

        with contextlib.suppress(WaitTimeout):
            self._last = self._slack.wait_until(changed, timeout=CLICK_SECONDS)
        self._show()

    def _show(self) -> None:
        assert self._last is not None
        shown: list[str] = []
        below: list[str] = []
        buttons = list(enumerate(_buttons(self._last), start=1))
        for line in self._last.all_text.splitlines():
            if not buttons or line != buttons[0][1].label:
                shown.append(line)
                continue
            number, button = buttons.pop(0)
            # One that belongs to a text stands with it, the others together below.
            (shown if button.is_beside_text else below).append(f"[{number}] {line}")
        print("\n" + shown_on_screen("\n".join(shown)))
        if below:
            print("\n" + "  ".join(below))
        print()


@dataclass(frozen=True)
class _Button:
    """A button of a message, and the block it is in."""

    block_id: str
    action_id: str
    label: str
    is_beside_text: bool


def _buttons(message: Message) -> list[_Button]:
    """The buttons of a message in the order in which they are shown."""
    found: list[_Button] = []
    for block in message.blocks:
        accessory = block.get("accessory")
        elements = block.get("elements", []) if block.get("type") == "actions" else [accessory]
        for element in elements:
            if element and "action_id" in element:
                action_id = str(element["action_id"])
                label = str((element.get("text") or {}).get("text") or action_id)
                found.append(_Button(block["block_id"], action_id, label, element is accessory))
    return found


def shown_on_screen(mrkdwn: str) -> str:
    """Slack's markup as a terminal shows it; elsewhere the stars stay."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return readable(mrkdwn)
    return readable(_CODE_OR_BOLD.sub(lambda m: m["code"] or f"{_BOLD}{m['bold']}{_PLAIN}", mrkdwn))


def readable(mrkdwn: str) -> str:
    """Slack's markup as plain text: links written out, escapes undone."""
    # A time is followed by what it is where nobody knows the reader's zone.
    plain = _TIME.sub(lambda m: m[1], mrkdwn)
    plain = _LINK.sub(lambda m: f"{m[2]} ({m[1]})" if m[2] and m[2] != m[1] else m[1], plain)
    return html.unescape(plain)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the conversation until end of input; the exit code."""
    options = parser().parse_args(arguments)
    try:
        slack = Playground(options.url)
    except PlaygroundError:
        print(f"no playground runs at {options.url}; start one with `make demo`", file=sys.stderr)
        return 1
    try:
        chat = Chat(slack, slack.person(options.person))
        print(
            f"You are {options.person}. Ask the bot, or type a command, such as /faq help. "
            "A number clicks the button it stands at; quit ends.\n"
        )
        while True:
            text = input("you> ").strip()
            if text in QUIT:
                return 0
            if text:
                chat.say(text)
    except (EOFError, KeyboardInterrupt):
        print()
        return 0
    except PlaygroundError as error:
        print(f"faqbot chat: {error}", file=sys.stderr)
        return 1
    finally:
        slack.disconnect()


if __name__ == "__main__":
    sys.exit(main())
