"""A message as Slack takes it."""

from dataclasses import dataclass

Block = dict[str, object]


@dataclass(frozen=True)
class Message:
    """What `chat.postMessage` and `chat.update` take."""

    text: str
    blocks: list[Block]
