"""What a ranker is fitted on: real wordings of a team, asked with their answer and without."""

from pathlib import Path

import pytest

from index.model.embedder import Embedder
from index.model.served import ServedModel
from index.ranking.features import FEATURES
from index.store import Store
from index.text import fold
from tests.train.ranker.faqs import asked_of
from train.data import Snapshot
from train.ranker.examples import WITHOUT_ANSWER, examples_for, questions_for
from train.ranker.out_of_scope import OUT_OF_SCOPE
from train.ranker.simulated_search import SimulatedSearch


def test_each_question_is_asked_with_its_answer_and_without_and_out_of_scope_once() -> None:
    examples = asked_of("chatty", 100)

    known = [e for e in examples if e.weight == 1.0]
    without = [e for e in examples if e.weight == WITHOUT_ANSWER]
    out_of_scope = examples[len(known) + len(without) :]

    assert len(known) == len(without) == 100
    assert [e.text for e in known] == [e.text for e in without]
    assert [e.group for e in known] == [e.group for e in without]
    assert [e.text for e in out_of_scope] == list(OUT_OF_SCOPE)
    assert {e.right for e in (*without, *out_of_scope)} == {-1}
    assert sum(e.weight for e in out_of_scope) == pytest.approx(100 * WITHOUT_ANSWER / 4)
    assert len({e.group for e in out_of_scope}) == len(OUT_OF_SCOPE)
    assert all(e.x.shape[1] == len(FEATURES) for e in examples)


def test_a_team_s_ranker_is_fitted_to_real_wordings_only(reworded: Snapshot) -> None:
    search = SimulatedSearch(reworded.pairs)

    questions = questions_for(search, reworded.pairs)

    assert questions
    assert all(q.unseen and len(search.pairs[q.pair].wordings) > 1 for q in questions)


def test_simulated_questions_stand_in_for_answers_with_one_wording(reworded: Snapshot) -> None:
    search = SimulatedSearch(reworded.pairs)

    questions = questions_for(search, reworded.pairs, simulated=True)

    of_one = [q for q in questions if len(search.pairs[q.pair].wordings) == 1]
    assert all(q.unseen for q in questions if q not in of_one)
    unseen = [q for q in of_one if q.unseen]
    assert 0 < len(unseen) < len(of_one)
    for question in of_one:
        own = search.pairs[question.pair].question
        assert (fold(question.text) == fold(own)) is question.unseen
    assert questions == questions_for(search, tuple(reversed(reworded.pairs)), simulated=True)
    few = questions_for(search, reworded.pairs, most=10, simulated=True)
    assert 10 <= len(few) < 13, "whole pairs"
    assert few == questions[: len(few)]


def test_noise_is_read_as_the_bot_reads_what_people_type(
    reworded: Snapshot, base_models: Path, helpdesk_store: Store
) -> None:
    embedder = Embedder(ServedModel.load(base_models, "base", "cpu"), helpdesk_store.embeddings)
    search = SimulatedSearch(reworded.pairs)

    vectors = embedder.embed(list(search.texts))
    examples = examples_for(search, reworded.pairs, embedder, vectors, simulated=True)

    typed = questions_for(search, reworded.pairs, simulated=True)
    known = [e for e in examples if e.weight == 1.0]
    changed = [q for q, e in zip(typed, known, strict=True) if q.text != e.text]
    assert changed, "greetings are taken off, typos mended"
    assert not any(question.unseen for question in changed), "stored wordings stay as they are"
