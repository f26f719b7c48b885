"""A synchronous client of the control API, made to be used in tests.

`Playground` is the workspace, `Person` somebody in it. What they return are frozen
dataclasses. Whatever goes wrong raises `PlaygroundError` with one readable message.
"""

from playground.client.errors import PlaygroundError, WaitTimeout
from playground.client.person import Person
from playground.client.playground import Playground
from playground.client.values import (
    AssistantThread,
    Attempt,
    Call,
    Channel,
    Delivery,
    Message,
    UserGroup,
    View,
)

__all__ = [
    "AssistantThread",
    "Attempt",
    "Call",
    "Channel",
    "Delivery",
    "Message",
    "Person",
    "Playground",
    "PlaygroundError",
    "UserGroup",
    "View",
    "WaitTimeout",
]
