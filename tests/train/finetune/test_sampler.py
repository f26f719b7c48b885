"""Batches: every sample once a pass, pairs apart, neighbours together, the same everywhere."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from train.data import Sample, Texts
from train.finetune.sampler import HardNegativeSampler, false_negative_groups

TOPICS, PER_TOPIC, WORDINGS = 10, 30, 3
PAIRS = TOPICS * PER_TOPIC


def make(seed: int = 1, *, hard_share: float = 0, **more: float) -> HardNegativeSampler:
    rng = np.random.default_rng(0)
    centres = np.eye(TOPICS, 32, dtype=np.float32)
    vectors = np.repeat(centres, PER_TOPIC, axis=0)
    vectors += 0.05 * rng.standard_normal(vectors.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    samples = [Sample(f"q{i}-{k}", f"a{i}", i) for i in range(PAIRS) for k in range(WORDINGS)]
    options = {"batch_size": 64, "passes": 1, "seed": seed, **more}
    return HardNegativeSampler(samples, vectors, hard_share=hard_share, **options)


def pair_of(sample: int) -> int:
    return sample // WORDINGS


@pytest.mark.parametrize("hard_share", [0, 0.5, 1])
def test_a_pass_has_every_sample_once_in_batches_no_larger_than_asked(hard_share: float) -> None:
    batches = list(make(hard_share=hard_share))

    assert Counter(i for batch in batches for i in batch) == Counter(range(PAIRS * WORDINGS))
    assert len(batches) == len(make())
    assert max(map(len, batches)) <= 64


@pytest.mark.parametrize("hard_share", [0, 0.5, 1])
def test_samples_of_one_pair_do_not_meet_in_a_batch(hard_share: float) -> None:
    for batch in make(hard_share=hard_share):
        pairs = [pair_of(i) for i in batch]
        assert len(set(pairs)) == len(pairs)


def test_neighbours_meet_more_often_than_by_chance() -> None:
    def company(batches: HardNegativeSampler) -> float:
        """The share of a sample's batch that is of its own topic."""
        shares = []
        for batch in batches:
            topics = np.array([pair_of(i) // PER_TOPIC for i in batch])
            shares.append((topics[:, None] == topics[None, :]).mean())
        return float(np.mean(shares))

    by_chance = company(make(hard_share=0))
    assert company(make(hard_share=0.5)) > 2 * by_chance
    assert company(make(hard_share=1)) > company(make(hard_share=0.5))


def test_passes_differ_and_each_can_be_had_again() -> None:
    batches = make()
    first = list(batches)
    batches.set_epoch(1)
    second = list(batches)
    batches.set_epoch(0)

    assert first != second
    assert list(batches) == first
    assert list(make(seed=2)) != first


@pytest.mark.parametrize(("passes", "epochs"), [(1 / 5, 5), (1 / 3, 3), (1, 2), (3, 1)])
def test_epochs_go_through_one_pass_after_the_other(passes: float, epochs: int) -> None:
    whole = make()
    expected = []
    for turn in range(3):
        whole.set_epoch(turn)
        expected += list(whole)
    batches = make(passes=passes)
    drawn = []
    for epoch in range(epochs):
        batches.set_epoch(epoch)
        drawn += list(batches)

    assert len(batches) == int(len(whole) * passes)
    assert drawn == expected[: len(drawn)]
    assert len(drawn) == epochs * len(batches)


def test_another_process_draws_the_same_batches() -> None:
    code = """
import numpy as np
from train.finetune.sampler import HardNegativeSampler
from train.data import Sample
samples = [Sample(f"q{i}", f"a{i}", i % 40) for i in range(100)]
vectors = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
batches = HardNegativeSampler(samples, vectors, batch_size=16, hard_share=0.5, passes=1, seed=5)
drawn = list(batches)
"""
    here: dict[str, object] = {}
    exec(code, here)

    there = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(drawn)"], capture_output=True, text=True, check=True
    )

    assert there.stdout.strip() == str(here["drawn"])


def test_several_processes_share_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(make())
    shares = []
    for rank in range(2):
        monkeypatch.setattr("train.finetune.sampler._rank", lambda rank=rank: rank)
        shares.append(list(make(processes=2)))

    assert len(shares[0]) == len(shares[1]) == len(make(processes=2)) == len(whole) // 2
    assert not {tuple(b) for b in shares[0]} & {tuple(b) for b in shares[1]}


def test_few_samples_make_one_batch() -> None:
    samples = [Sample("q", "a", 0), Sample("r", "b", 1)]

    batches = HardNegativeSampler(
        samples, np.eye(2, dtype=np.float32), batch_size=2, hard_share=0.5, passes=1, seed=1
    )

    assert [sorted(batch) for batch in batches] == [[0, 1]]


def test_pairs_with_the_same_or_nearly_the_same_answer_share_a_group() -> None:
    def unit(*rows: list[float]) -> np.ndarray:
        vectors = np.array(rows, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    answers = ["Update.", "update. ", "Upgrade it.", "Call 1234.", "Call us.", "Reset it."]
    pairs = [Texts(str(i), (f"q{i}",), answer, "") for i, answer in enumerate(answers)]
    questions = unit(
        [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 1, 1]
    )
    vectors = unit([1, 0, 0], [-1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0])

    groups = false_negative_groups(pairs, questions, vectors, 0.9)

    # 0 and 1: the same answer but for case and spaces; 2: nearly that of 0; 3 and 4: the same
    # question.
    assert groups[0] == groups[1] == groups[2]
    assert groups[3] == groups[4]
    assert len(set(groups.tolist())) == 3
