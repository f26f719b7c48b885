"""Whether the packages for training are installed: the extra `train`."""

import importlib.util

from index.errors import FaqbotError


def can_train() -> bool:
    """Whether the packages for training are installed; they are not imported."""
    return importlib.util.find_spec("quaterion") is not None


def require_training() -> None:
    """Check that the packages for training are installed.

    Raises:
        FaqbotError: They are not.
    """
    if not can_train():
        raise FaqbotError(
            "training needs the extra `train`: from faqbot's folder, "
            "uv pip install -e '.[train]' -c constraints.txt"
        )
