"""What every transport is: the way that Slack's calls reach the app."""

from typing import Protocol


class Transport(Protocol):
    """Takes Slack's calls from `start` to `stop`."""

    def start(self) -> None:
        """Begin to take calls.

        Raises:
            FaqbotError: That is not possible; the message says what to do.
        """

    def stop(self) -> None:
        """Take no more calls, and end the threads. Harmless where it was not started."""
