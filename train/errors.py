"""The errors of training."""

from index.errors import FaqbotError


class TrainingFailed(FaqbotError):
    """A training run ended without a model."""
