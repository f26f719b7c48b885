"""``python -m playground.chat``: a direct message with the bot, in the terminal."""

from __future__ import annotations

import argparse
import contextlib
import html
import re
import sys
from collections.abc import Sequence

from playground.client import Channel, Message, Person, Playground, PlaygroundError, WaitTimeout

ANSWER_SECONDS = 8.0
CLICK_SECONDS = 3.0
QUIT = ("quit", "exit", ":q")

_TIME = re.compile(r"<!date\^[^<>|]*\|([^<>]*)>")
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
                print("\n" + readable(message.all_text) + "\n")
        except WaitTimeout:
            print("(no answer)")

    def _click(self, number: int) -> None:
        assert self._last is not None
        actions = self._last.action_ids
        if not 1 <= number <= len(actions):
            print(f"(there is no button {number})")
            return
        before = self._last
        self._person.click(self._channel, before.ts, action_id=actions[number - 1])

        def changed() -> Message | None:
            now = self._slack.message(self._channel, before.ts)
            return now if now.blocks != before.blocks else None

        with contextlib.suppress(WaitTimeout):
            self._last = self._slack.wait_until(changed, timeout=CLICK_SECONDS)
        self._show()

    def _show(self) -> None:
        assert self._last is not None
        labels = [_label(self._last, action) for action in self._last.action_ids]
        shown = (line for line in self._last.all_text.splitlines() if line not in labels)
        print("\n" + readable("\n".join(shown)))
        if labels:
            print("\n" + "  ".join(f"[{i}] {label}" for i, label in enumerate(labels, 1)))
        print()


def _label(message: Message, action_id: str) -> str:
    text = message.element(action_id).get("text") or {}
    return str(text.get("text") or action_id)


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
