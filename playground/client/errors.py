"""What goes wrong for a client of the playground."""

from __future__ import annotations


class PlaygroundError(Exception):
    """The playground refused a request, or something awaited did not happen."""


class WaitTimeout(PlaygroundError, AssertionError):
    """Something awaited did not happen in time; the message shows what there was instead."""
