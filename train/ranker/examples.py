"""What a ranker is fitted on: questions, and the candidates that each of them finds.

The questions are ones that the model was not trained on, each asked twice: so that its answer can
be found, and with its answer taken out, when nothing is right and silence would be. Talk that is
out of scope, which nothing answers either, is added. What a question looks like to the bot:

- Where an answer has several wordings, each is asked as if it was not stored.
- Where it has one, there is nothing of the kind. Simulated questions can stand in (the stored one
  changed, or withheld), but a ranker fitted to those alone learns the changes: on real queries it
  measured far worse than the shipped one (`benchmarks/ranking.py --part one_wording`). A team's
  ranker is fitted to real wordings only; the shipped one, whose data has both, to simulated ones
  too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.model.embedder import Embedder
from index.query.cleaning import read
from index.query.spelling import Speller, base_words
from index.ranking.features import features, floors_of, gather
from index.store.types import Pair
from index.text import fold
from index.vectors import Matrix
from train.ranker.augmentation import augmented
from train.ranker.calibrate import Floats
from train.ranker.out_of_scope import OUT_OF_SCOPE
from train.ranker.simulated_search import SimulatedQuestion, SimulatedSearch, embedded

MOST_QUESTIONS = 1500
# Of the simulated questions, the share that is asked as if it was not stored. More finds the answer
# to a question unlike any stored one more often, and the right one of like questions less often.
WITHHELD = 0.3
# How much a question without an answer counts beside one with: the bot is asked mostly what it
# knows. More makes it too timid, which measured as a calibration error.
WITHOUT_ANSWER = 0.05


@dataclass(frozen=True)
class Example:
    """A question and the candidates it found.

    Attributes:
        x: Features; shape (candidates, len(FEATURES)).
        right: Row of the right answer; -1 where none of them is.
        group: The answer it is about; questions of one group stay together in a fold.
        weight: How much it counts.
    """

    text: str
    x: Floats
    right: int
    group: int
    weight: float


def questions_for(
    search: SimulatedSearch,
    pairs: Sequence[Pair],
    most: int = MOST_QUESTIONS,
    *,
    simulated: bool = False,
) -> list[SimulatedQuestion]:
    """The questions to fit on: always the same ones of the same pairs.

    Args:
        simulated: Whether answers with one wording take part.
    """
    wordings = np.bincount(search.answer_of, weights=[len(p.wordings) for p in search.pairs])
    questions: list[SimulatedQuestion] = []
    for pair in sorted(pairs, key=lambda pair: _draw(pair.id)):
        if len(questions) >= most:
            break
        position = search.position[pair.id]
        if wordings[search.answer_of[position]] > 1:
            questions += [SimulatedQuestion(text, position, unseen=True) for text in pair.wordings]
        elif simulated and _draw(pair.id, "withheld") < WITHHELD:
            questions.append(SimulatedQuestion(pair.question, position, unseen=True))
        elif simulated:
            questions.append(SimulatedQuestion(augmented(pair.question), position, unseen=False))
    return questions


def examples_for(
    search: SimulatedSearch,
    pairs: Sequence[Pair],
    embedder: Embedder,
    faq_vectors: Matrix,
    *,
    most: int = MOST_QUESTIONS,
    simulated: bool = False,
) -> list[Example]:
    """What to fit on, of some of an FAQ's pairs.

    Args:
        embedder: Of the model that the ranker is for.
        faq_vectors: Of the FAQ's texts, by that model; shape (len(search.texts), dimension).
        most: About so many questions, and the same without their answers.
        simulated: Whether answers with one wording take part.
    """
    speller = speller_of(search, embedder)
    # A stored wording is searched as it is; what people type is read first, and so is noise.
    questions = [
        question if question.unseen else replace(question, text=read(question.text, speller).text)
        for question in questions_for(search, pairs, most, simulated=simulated)
    ]
    vectors = embedded(embedder, search, questions, faq_vectors)
    # Always the same texts: from the cache.
    return examples_of(search, questions, vectors, faq_vectors, embedder.embed(OUT_OF_SCOPE))


def speller_of(search: SimulatedSearch, embedder: Embedder) -> Speller:
    """What mends typos as the bot with this FAQ and model would."""
    return Speller.of(search.texts, base_words(embedder.model.vocabulary()))


def examples_of(
    search: SimulatedSearch,
    questions: Sequence[SimulatedQuestion],
    vectors: Matrix,
    faq_vectors: Matrix,
    out_of_scope: Matrix | None = None,
) -> list[Example]:
    """Ask each question twice, and what is out of scope once.

    Args:
        vectors: Of the questions; shape (len(questions), dimension).
        faq_vectors: Of the FAQ's texts; shape (len(search.texts), dimension).
        out_of_scope: Of `OUT_OF_SCOPE`; shape (len(OUT_OF_SCOPE), dimension).
    """
    examples = _examples(search, questions, vectors, faq_vectors, 1.0)
    without = [replace(question, taken_out=True) for question in questions]
    examples += _examples(search, without, vectors, faq_vectors, WITHOUT_ANSWER)
    if out_of_scope is not None and questions:
        # All of it together counts a quarter of the questions whose answer was taken out.
        # (A weight of 1 is that of a question with an answer.)
        weight = min(0.9, WITHOUT_ANSWER * len(questions) / (4 * len(OUT_OF_SCOPE)))
        idle = [SimulatedQuestion(text, 0, unseen=False) for text in OUT_OF_SCOPE]
        found = _examples(search, idle, out_of_scope, faq_vectors, weight)
        examples += [replace(e, right=-1, group=-1 - i) for i, e in enumerate(found)]
    return examples


def _examples(
    search: SimulatedSearch,
    questions: Sequence[SimulatedQuestion],
    vectors: Matrix,
    faq_vectors: Matrix,
    weight: float,
) -> list[Example]:
    pairs = {pair.id: pair for pair in search.pairs}
    examples = []
    for question, hits in zip(
        questions, search.found(questions, vectors, faq_vectors), strict=True
    ):
        evidence = gather(hits, pairs)
        if not evidence:
            continue
        key = None if question.taken_out else fold(search.pairs[question.pair].answer)
        examples.append(
            Example(
                question.text,
                features(question.text, evidence, floors_of(hits)),
                next((i for i, e in enumerate(evidence) if e.answer_key == key), -1),
                int(search.answer_of[question.pair]),
                weight,
            )
        )
    return examples


def _draw(pair_id: str, purpose: str = "order") -> float:
    """A number from 0 to 1 that is always the same for a pair."""
    key = f"{purpose}\x1f{pair_id}".encode()
    digest = hashlib.blake2b(key, digest_size=8, person=b"faqbot-ranking").digest()
    return int.from_bytes(digest, "big") / 2**64
