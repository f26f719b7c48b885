"""The app registers every surface of Slack, and what takes everything last."""

import inspect
import pkgutil

from bot import listeners
from bot.app import LISTENERS


def test_every_listener_is_registered_and_the_one_that_takes_the_rest_is_last() -> None:
    names = [listener.__name__ for listener in LISTENERS]
    found = {f"{listeners.__name__}.{m.name}" for m in pkgutil.iter_modules(listeners.__path__)}
    assert len(names) == len(found)
    assert set(names) == found
    assert names[-1] == "bot.listeners.unknown"


def test_a_listener_only_registers() -> None:
    for listener in LISTENERS:
        own = [
            name
            for name, value in vars(listener).items()
            if inspect.isfunction(value) and value.__module__ == listener.__name__
        ]
        assert [name for name in own if not name.startswith("_")] == ["register"]
