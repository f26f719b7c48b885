"""What the tests of cards share: reading a message's blocks, Slack's limits, hostile texts."""

import json
import re
from collections.abc import Iterator

from hypothesis import strategies as st

from bot.slack.message import Message

MARKS = ["<!channel>", "https://a.b/", "[x](https://a|b)", "**", "`", "```\n", "\n\n", "&", "# a\n"]
bits = st.lists(st.sampled_from(MARKS) | st.text(max_size=10), max_size=12).map("".join)
# A few bits over and over: texts far beyond what a message holds.
texts = st.builds(lambda bit, times: (bit * times)[:50_000], bits, st.sampled_from([1, 50, 5000]))


def nodes(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from nodes(part)


def shown(message: Message) -> list[str]:
    """The texts of a message's blocks, buttons as [label] in one line."""
    lines = []
    for block in message.blocks:
        match block:
            case {"type": "section", "text": {"text": str(text)}, "accessory": dict(button)}:
                lines.append(f"{text} [{button['text']['text']}]")
            case {"type": "section", "text": {"text": str(text)}}:
                lines.append(text)
            case {"type": "context", "elements": list(elements)}:
                lines.append(" / ".join(element["text"] for element in elements))
            case {"type": "actions", "elements": list(elements)}:
                lines.append(" ".join(f"[{element['text']['text']}]" for element in elements))
            case _:
                lines.append("---")
    return lines


def buttons(message: Message) -> dict[object, dict[str, object]]:
    return {node["action_id"]: node for node in nodes(message.blocks) if "action_id" in node}


def values(message: Message, action_id: str) -> list[object]:
    return [node["value"] for node in nodes(message.blocks) if node.get("action_id") == action_id]


def check_limits(message: Message) -> None:
    assert 1 <= len(message.text) <= 4000
    assert 1 <= len(message.blocks) <= 50
    total = 0
    for node in nodes(message.blocks):
        text = node.get("text")
        if node["type"] in ("mrkdwn", "plain_text"):
            assert isinstance(text, str)
            total += len(text)
            assert 1 <= len(text) <= 3000
            assert text.strip()
            assert not re.search(r"<[!@#]", text)
            assert not set("<>") & set(re.sub(r"<(?:https?://|mailto:)[^<>\n]+>", "", text))
        if node["type"] == "mrkdwn":
            assert node["verbatim"] is True
        if node["type"] == "button":
            assert isinstance(node["text"], dict)
            assert len(node["text"]["text"]) <= 75
            assert 1 <= len(str(node["accessibility_label"])) <= 75
            assert len(str(node["value"])) <= 2000
        if node["type"] in ("context", "actions"):
            assert isinstance(node["elements"], list)
            assert 1 <= len(node["elements"]) <= 10
    assert total < 12_000
    json.dumps([message.text, message.blocks], ensure_ascii=False).encode()
