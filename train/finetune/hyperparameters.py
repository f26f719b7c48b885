"""How the two depths are trained: the numbers, in one place."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Hyperparameters:
    """The numbers of a training run.

    Attributes:
        batch_size: Samples in a batch.
        epochs: Times the model is evaluated and a checkpoint is written.
        passes: Times every sample is seen in an epoch; below 1, the share of the samples that is.
        least_steps: Optimizer steps that few samples, too, are trained for.
        learning_rate: At its highest.
        weight_decay: Of AdamW.
        warm_up: Share of all steps in which the learning rate rises; it falls to 0 in the rest,
            along a cosine.
        scale: Factor on the cosine in the loss.
        same_side: Weight of questions as other questions' negatives, and of answers likewise.
        duplicate_cosine: Pairs whose answers or questions are at least as similar as this in the
            parent's encoding are no negatives of each other.
        hard_share: Share of a batch that are each other's neighbours; the rest is random.
        patience: Evaluations without a better one after which training stops.
        max_tokens: Longer texts are cut in training (not in serving).
        gradient_norm: Longer gradients are cut to it.
    """

    batch_size: int
    epochs: int
    passes: float
    least_steps: int
    learning_rate: float
    weight_decay: float
    warm_up: float
    scale: float
    same_side: float
    duplicate_cosine: float
    hard_share: float
    patience: int
    max_tokens: int = 128
    gradient_norm: float = 1.0


HEAD = Hyperparameters(
    batch_size=1024,
    epochs=38,
    passes=1,
    least_steps=228,
    learning_rate=3e-3,
    weight_decay=1.0,
    warm_up=0.0,
    scale=20.0,
    same_side=1.0,
    duplicate_cosine=0.9,
    hard_share=0.0,
    patience=12,
)

FULL = Hyperparameters(
    batch_size=64,
    epochs=4,
    passes=1 / 4,
    least_steps=40,
    learning_rate=5e-5,
    weight_decay=0.0,
    warm_up=0.1,
    scale=20.0,
    same_side=0.3,
    duplicate_cosine=0.9,
    hard_share=1.0,
    patience=4,
)


def hyperparameters_for(depth: str, samples: int, batch_size: int | None = None) -> Hyperparameters:
    """The hyperparameters of a depth, fitted to the number of training samples.

    Args:
        batch_size: Wanted by the user.
    """
    chosen = HEAD if depth == "head" else FULL
    batch = min(batch_size or chosen.batch_size, samples)
    steps = chosen.epochs * chosen.passes * samples / batch
    passes = chosen.passes * max(1, round(chosen.least_steps / steps))
    return replace(chosen, batch_size=batch, passes=passes)
