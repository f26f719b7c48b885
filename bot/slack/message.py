"""A message as Slack takes it."""

from dataclasses import dataclass

Block = dict[str, object]


@dataclass(frozen=True)
class Message:
    """What `chat.postMessage` and `chat.update` take.

    Attributes:
        text: What a notification shows.
        whole: All that the blocks say that matters, as mrkdwn, for where Slack does not take
            them; empty where `text` is all.
    """

    text: str
    blocks: list[Block]
    whole: str = ""

    @property
    def in_plain_text(self) -> "Message":
        """The same without blocks."""
        return Message(self.whole or self.text, [])
