"""Where the bot would rank the right answer: all questions at once, as matrix products.

It computes what `Searcher` would give, without a collection, and lets a question's own stored
wording be withheld: what is left is what the bot does for a wording that it has not seen.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from index.engines import bm25
from index.engines.base import Hit, Retriever, Sparse
from index.engines.points import answer_text, keyword_text
from index.model.embedder import Embedder
from index.ranking.ranker import Candidate, Ranker
from index.searcher import DEPTH, WORDINGS
from index.store.types import Pair
from index.text import fold
from index.vectors import Matrix

Ints = npt.NDArray[np.int64]

# Bytes of one matrix of scores: questions are asked in chunks that keep to it.
_CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class SimulatedQuestion:
    """A question as the simulation asks it.

    Attributes:
        pair: Position of the pair that answers it, among the FAQ's pairs.
        unseen: Whether this wording is withheld, wherever it is stored.
        taken_out: Whether the answer is taken out of the FAQ, so that none is right.
    """

    text: str
    pair: int
    unseen: bool
    taken_out: bool = False


class View(StrEnum):
    """What is searched.

    - bot: everything, as the bot does, put in order by a ranker.
    - to_answers: answers only, by plain cosine over all of them.
    - to_questions: likewise the pairs' questions, without further phrasings.
    """

    BOT = "bot"
    TO_ANSWERS = "to_answers"
    TO_QUESTIONS = "to_questions"


class SimulatedSearch:
    """An FAQ that is searched in memory: its pairs as arrays.

    Pairs with the same answer stand together and count as one.

    Attributes:
        pairs: In the order of their answers.
        texts: All texts that are embedded, each once.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """Args:
        pairs: One or more.
        """
        keyed = sorted(((fold(pair.answer), pair.id, pair) for pair in pairs), key=lambda k: k[:2])
        self.pairs = tuple(pair for _, _, pair in keyed)
        self.position = {pair.id: i for i, pair in enumerate(self.pairs)}
        self._by_id = {pair.id: pair for pair in self.pairs}
        _, self.answer_of = np.unique([key for key, _, _ in keyed], return_inverse=True)
        # The first pair of each answer: where the columns of one answer begin.
        self.answer_starts = np.flatnonzero(np.diff(self.answer_of, prepend=-1))
        wordings = [pair.wordings for pair in self.pairs]
        counts = np.array([len(own) for own in wordings])
        row: dict[str, int] = {}
        self._wording_rows = [row.setdefault(w, len(row)) for own in wordings for w in own]
        self._answer_rows = [row.setdefault(answer_text(p), len(row)) for p in self.pairs]
        self.texts = tuple(row)
        self._question_rows = [row[own[0]] for own in wordings]
        # Where a text is found among the pairs' questions, and among all wordings.
        self._questions: dict[str, list[int]] = {}
        for column, own in enumerate(wordings):
            self._questions.setdefault(fold(own[0]), []).append(column)
        self._columns: dict[str, list[int]] = {}
        self._wordings = [text for own in wordings for text in own]
        for column, text in enumerate(self._wordings):
            self._columns.setdefault(fold(text), []).append(column)
        self._pair_of_column = np.repeat(np.arange(len(self.pairs)), counts)
        self._keywords = _Keywords(self.pairs)

    def questions(self, pairs: Sequence[Pair], most: int) -> list[SimulatedQuestion]:
        """Every wording of some pairs, asked as if it was not known.

        Args:
            most: Beyond about so many, pairs are left out: always the same ones.
        """
        questions: list[SimulatedQuestion] = []
        for pair in sorted(pairs, key=lambda pair: _shuffled(pair.id)):
            if len(questions) >= most:
                break
            position = self.position[pair.id]
            questions += [SimulatedQuestion(text, position, unseen=True) for text in pair.wordings]
        return questions

    def found(
        self, questions: Sequence[SimulatedQuestion], vectors: Matrix, faq_vectors: Matrix
    ) -> Iterator[dict[Retriever, list[Hit]]]:
        """What the retrievers would find for each question, as `Searcher` would have it.

        Args:
            vectors: Of the questions, of unit length; shape (len(questions), dimension).
            faq_vectors: Of `texts`, by the same model; shape (len(texts), dimension).
        """
        wordings = faq_vectors[self._wording_rows]
        answers = faq_vectors[self._answer_rows]
        size = max(1, _CHUNK_BYTES // (4 * (len(wordings) + 3 * len(answers))))
        for start in range(0, len(questions), size):
            chunk = questions[start : start + size]
            of_wordings = vectors[start : start + size] @ wordings.T
            of_answers = vectors[start : start + size] @ answers.T
            without = [self._withheld(question) for question in chunk]
            keywords = self._keywords.scores([question.text for question in chunk], without)
            for row, question in enumerate(chunk):
                if question.unseen:
                    of_wordings[row, self._columns.get(fold(question.text), [])] = -np.inf
                if question.taken_out:
                    gone = self.answer_of == self.answer_of[question.pair]
                    of_wordings[row, gone[self._pair_of_column]] = -np.inf
                    of_answers[row, gone] = -np.inf
                    keywords[row, gone] = 0.0
                yield {
                    Retriever.QUESTION: [
                        Hit(
                            self.pairs[self._pair_of_column[i]].id,
                            self._wordings[i],
                            float(of_wordings[row, i]),
                            wordings[i],
                        )
                        for i in _top(of_wordings[row], WORDINGS * DEPTH)
                    ],
                    Retriever.ANSWER: self._hits(of_answers[row]),
                    Retriever.BM25: self._hits(np.where(keywords[row] > 0, keywords[row], -np.inf)),
                }

    def _hits(self, scores: Matrix) -> list[Hit]:
        return [
            Hit(self.pairs[i].id, self.pairs[i].question, float(scores[i]))
            for i in _top(scores, DEPTH)
        ]

    def _withheld(self, question: SimulatedQuestion) -> set[int]:
        """The pairs that have a wording which is withheld."""
        if not question.unseen:
            return set()
        columns = self._columns.get(fold(question.text), [])
        return {int(self._pair_of_column[column]) for column in columns}

    def ranks(
        self,
        questions: Sequence[SimulatedQuestion],
        vectors: Matrix,
        faq_vectors: Matrix,
        ranker: Ranker,
        view: View = View.BOT,
    ) -> Ints:
        """Ask questions; the rank of each right answer, shape (len(questions),).

        1 is best. In a tie of cosines it is the last of the equals; what the retrievers do not
        find has the last rank of all answers.

        Args:
            vectors: Of the questions, of unit length; shape (len(questions), dimension).
            faq_vectors: Of `texts`, by the same model; shape (len(texts), dimension).
            ranker: What orders the hits in the view of the bot; the others need none.
        """
        right = self.answer_of[[question.pair for question in questions]]
        if view is View.BOT:
            found = self.found(questions, vectors, faq_vectors)
            ranks = [
                self._rank(ranker.rank(question.text, hits, self._by_id), answer)
                for question, hits, answer in zip(questions, found, right, strict=True)
            ]
            return np.array(ranks, dtype=np.int64)
        size = max(1, _CHUNK_BYTES // (4 * len(self.pairs)))
        parts = [np.empty(0, dtype=np.int64)]
        for start in range(0, len(questions), size):
            chunk = slice(start, start + size)
            scores = self._cosines(questions[chunk], vectors[chunk], faq_vectors, view)
            own = scores[np.arange(len(scores)), right[chunk]]
            parts.append(np.count_nonzero(scores >= own[:, None], axis=1))
        return np.concatenate(parts)

    def _rank(self, candidates: Sequence[Candidate], answer: int) -> int:
        """The place of an answer, by its number, among candidates."""
        places = (
            place
            for place, candidate in enumerate(candidates, 1)
            if self.answer_of[self.position[candidate.evidence.pair_id]] == answer
        )
        return next(places, len(self.answer_starts))

    def _cosines(
        self,
        questions: Sequence[SimulatedQuestion],
        vectors: Matrix,
        faq_vectors: Matrix,
        view: View,
    ) -> Matrix:
        """Cosine of each answer for each question; shape (len(questions), answers)."""
        if view is View.TO_ANSWERS:
            cosines = vectors @ faq_vectors[self._answer_rows].T
        else:
            cosines = vectors @ faq_vectors[self._question_rows].T
            for row, question in enumerate(questions):
                if question.unseen:
                    cosines[row, self._questions.get(fold(question.text), [])] = -1.0
        best: Matrix = np.maximum.reduceat(cosines, self.answer_starts, axis=1)
        return best


def embedded(
    embedder: Embedder,
    search: SimulatedSearch,
    questions: Sequence[SimulatedQuestion],
    faq_vectors: Matrix,
) -> Matrix:
    """The vectors of questions: taken from the FAQ's where they are stored wordings.

    Returns:
        Array of shape (len(questions), dimension).
    """
    row = {text: i for i, text in enumerate(search.texts)}
    others = list(dict.fromkeys(q.text for q in questions if q.text not in row))
    vectors = np.concatenate([faq_vectors, embedder.embed(others)]) if others else faq_vectors
    row |= {text: len(search.texts) + i for i, text in enumerate(others)}
    chosen: Matrix = vectors[[row[question.text] for question in questions]]
    return chosen


class _Keywords:
    """BM25 scores as an engine computes them: term weights, and the IDF over all pairs."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        documents = [bm25.document(keyword_text(pair)) for pair in pairs]
        terms = np.unique([i for document in documents for i in document.indices])
        self._column = {int(term): column for column, term in enumerate(terms)}
        self._documents = self._matrix(documents).tocsc()
        found_in = np.diff(self._documents.indptr)
        self._idf = np.log(1 + (len(pairs) - found_in + 0.5) / (found_in + 0.5))
        self._documents = self._documents.T.tocsr()

    def scores(self, texts: Sequence[str], without: Sequence[set[int]]) -> Matrix:
        """Shape (len(texts), pairs).

        Args:
            without: For each text, the pairs that are scored as if they did not have it.
        """
        queries = self._matrix([bm25.query(text) for text in texts])
        queries.data *= self._idf[queries.indices]
        scores: Matrix = (queries @ self._documents).toarray().astype(np.float32)
        for row, (text, positions) in enumerate(zip(texts, without, strict=True)):
            start, end = queries.indptr[row], queries.indptr[row + 1]
            weights = dict(
                zip(
                    queries.indices[start:end].tolist(),
                    queries.data[start:end].tolist(),
                    strict=True,
                )
            )
            for position in positions:
                document = bm25.document(keyword_text(_without(self._pairs[position], text)))
                scores[row, position] = sum(
                    weights.get(self._column.get(term, -1), 0.0) * value
                    for term, value in zip(document.indices, document.values, strict=True)
                )
        return scores

    def _matrix(self, rows: Sequence[Sparse]) -> csr_array:
        """Weights by term; terms that no pair has are left out."""
        pointers, columns, values = [0], [], []
        for row in rows:
            for term, value in zip(row.indices, row.values, strict=True):
                if (column := self._column.get(term)) is not None:
                    columns.append(column)
                    values.append(value)
            pointers.append(len(columns))
        shape = (len(rows), len(self._column))
        return csr_array((np.array(values, dtype=np.float64), columns, pointers), shape=shape)


def _without(pair: Pair, text: str) -> Pair:
    """A pair as it would be if a wording was not stored."""
    key = fold(text)
    return replace(
        pair,
        question="" if fold(pair.question) == key else pair.question,
        phrasings=tuple(p for p in pair.phrasings if fold(p.text) != key),
    )


def _top(scores: Matrix, limit: int) -> Ints:
    """Positions of the highest scores, best first; those at minus infinity are left out."""
    top = (
        np.argpartition(scores, -limit)[-limit:] if len(scores) > limit else np.arange(len(scores))
    )
    top = top[np.isfinite(scores[top])]
    best: Ints = top[np.argsort(-scores[top], kind="stable")]
    return best


def _shuffled(pair_id: str) -> bytes:
    return hashlib.blake2b(pair_id.encode(), digest_size=8, person=b"faqbot-asked").digest()
