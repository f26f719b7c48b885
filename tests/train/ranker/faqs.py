"""Small FAQs on paper, with vectors that say what is like what."""

import random
from datetime import UTC, datetime
from functools import cache

import numpy as np

from index.store.types import Pair, Phrasing, Status
from index.vectors import Matrix
from train.ranker.calibrate import Floats
from train.ranker.examples import Example, examples_of
from train.ranker.out_of_scope import OUT_OF_SCOPE
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch

DIMENSION = 16
# Words that say nothing.
SMALL = ("how", "do", "i", "get", "this", "to", "work", "again", "for", "my", "team", "when", "not")


def pair(key: str, question: str, answer: str, *phrasings: str) -> Pair:
    now = datetime.now(UTC)
    return Pair(
        id=key,
        source="test",
        external_id=key,
        question=question,
        answer=answer,
        phrasings=tuple(Phrasing(text) for text in phrasings),
        topic=None,
        url=None,
        tags=(),
        audience=(),
        status=Status.ACTIVE,
        author=None,
        created_at=now,
        updated_at=now,
        revision=1,
    )


def unit(rows: Floats) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@cache
def asked_of(kind: str, questions: int) -> tuple[Example, ...]:
    """Examples of an FAQ.

    Args:
        kind: "codes": questions differ by an error code, which the embedding cannot tell apart;
            "chatty": they use the same few words, and the embedding knows what is meant.
    """
    generator = np.random.default_rng(5)
    words = random.Random(5)
    meaning = generator.normal(size=(questions, DIMENSION))
    pairs, asked_texts = [], []
    for i in range(questions):
        if kind == "codes":
            pairs.append(pair(f"{i:04}", f"what does error E{i:04} mean", f"See part {i}."))
            asked_texts.append(f"E{i:04} after the update")
        else:
            pairs.append(pair(f"{i:04}", " ".join(words.sample(SMALL, 7)), f"Do step {i}."))
            asked_texts.append(" ".join(words.sample(SMALL, 7)))
    if kind == "codes":
        meaning = np.ones(DIMENSION) + 0.2 * generator.normal(size=meaning.shape)
    search = SimulatedSearch(pairs)
    position = {text: i for i, p in enumerate(pairs) for text in (p.question, p.answer)}
    of = np.array([position[text] for text in search.texts])
    vectors = unit(meaning[of] + 0.05 * generator.normal(size=(len(of), DIMENSION)))
    if kind == "codes":
        near = np.ones(DIMENSION) + 0.2 * generator.normal(size=meaning.shape)
    else:
        near = meaning + 0.5 * generator.normal(size=meaning.shape)
    questions = [
        SimulatedQuestion(t, search.position[p.id], False)
        for t, p in zip(asked_texts, pairs, strict=True)
    ]
    out_of_scope = unit(generator.normal(size=(len(OUT_OF_SCOPE), DIMENSION)))
    return tuple(examples_of(search, questions, unit(near), vectors, out_of_scope))
