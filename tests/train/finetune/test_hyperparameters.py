"""The hyperparameters of a depth, fitted to the data."""

import pytest

from train.finetune.hyperparameters import hyperparameters_for


@pytest.mark.parametrize(
    ("depth", "samples", "batch", "steps"),
    [
        ("head", 70, 70, 228),
        ("head", 6400, 1024, 237),
        ("full", 6400, 64, 100),
        ("full", 600, 64, 37),
    ],
)
def test_few_samples_are_gone_over_more_often(
    depth: str, samples: int, batch: int, steps: int
) -> None:
    fitted = hyperparameters_for(depth, samples)

    assert fitted.batch_size == batch
    assert fitted.epochs * fitted.passes * samples / batch == pytest.approx(steps, abs=1)
