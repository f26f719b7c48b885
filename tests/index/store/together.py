"""What several processes do with one store at the same time."""

import threading
from collections.abc import Callable
from typing import TypeVar

from index.store import Store

OpenStore = Callable[[], Store]
T = TypeVar("T")


def at_once(open_store: OpenStore, act: Callable[[Store, int], T], count: int = 6) -> list[T]:
    """What several processes get that do the same at the same time."""
    stores = [open_store() for _ in range(count)]
    start, results, errors = threading.Barrier(count), [], []

    def run(number: int) -> None:
        try:
            start.wait()
            results.append(act(stores[number], number))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results
