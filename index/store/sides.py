"""The side of the split a pair is on: what is trained on is never what is measured on."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from index.store.types import Pair
from index.text import fold

Side = Literal["train", "develop", "held_out"]

_TRAIN_SHARE = 0.7
_DEVELOP_SHARE = 0.1


def side(pair_id: str) -> Side:
    """The side of the split a pair is on: 70 % train, 10 % develop, 20 % held out.

    It depends on the id alone, so a pair and all its phrasings, those added later too, fall on
    one side in every run, process and store: a held-out question is one that no model has ever
    been trained on. (Python's `hash` would differ between processes.)
    """
    digest = hashlib.blake2b(pair_id.encode(), digest_size=8, person=b"faqbot-side").digest()
    position = int.from_bytes(digest) / 2**64
    if position < _TRAIN_SHARE:
        return "train"
    return "develop" if position < _TRAIN_SHARE + _DEVELOP_SHARE else "held_out"


def apart(pairs: Sequence[Pair], train: Sequence[Pair]) -> list[Pair]:
    """Those of some pairs none of whose wordings a training pair has, too.

    The split is by pair, and the same question may have come in twice, from two sources. Such a
    pair stays on its side, but nothing is measured on it.
    """
    trained = {fold(wording) for pair in train for wording in pair.wordings}
    return [pair for pair in pairs if not any(fold(w) in trained for w in pair.wordings)]
