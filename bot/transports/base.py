"""What every transport is: the way that Slack's calls reach the app."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reach:
    """Whether Slack's calls reach this process, and how it is in words."""

    is_well: bool
    detail: str


class Transport(Protocol):
    """Takes Slack's calls from `start` to `stop`."""

    def start(self) -> None:
        """Begin to take calls.

        Raises:
            FaqbotError: That is not possible; the message says what to do.
        """

    @property
    def reach(self) -> Reach:
        """How it stands now."""

    def stop(self) -> None:
        """Take no more calls, and end the threads. Harmless where it was not started."""
