"""Golden questions: what it means that one is answered right."""

from index.store.types import Pair
from index.text import fold


def is_right(found: Pair, expected: Pair) -> bool:
    """Whether a pair answers as the pinned one does: word for word, whatever pair it is of."""
    return fold(found.answer) == fold(expected.answer)
