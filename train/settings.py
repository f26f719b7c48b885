"""Settings of training: how deep, with which head, on what, and when a nightly run is worth it."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from index.settings import RoomSettings

# Heads of earlier versions, which were never measured to be better than the one that is left.
_REMOVED_HEADS = ("gated", "widening", "stacked")


def _still_trained(head: object) -> object:
    """Refuse a head of earlier versions in one line that says what to do."""
    if head in _REMOVED_HEADS:
        raise ValueError(f"{head} is no longer trained; take the key out, or set it to skip")
    return head


HeadName = Annotated[Literal["skip"], BeforeValidator(_still_trained)]


class TrainSettings(RoomSettings):
    """The `[train]` table."""

    table: ClassVar[str] = "train"
    model_config = SettingsConfigDict(
        env_prefix="FAQBOT_TRAIN_", extra="forbid", frozen=True, populate_by_name=True
    )

    depth: Literal["auto", "head", "full"] = Field(
        default="auto",
        description='"head" trains a small layer on cached embeddings (seconds on a CPU), "full" '
        'the encoder too; "auto" is full with an accelerator and enough pairs, else head.',
    )
    head: HeadName = Field(default="skip", description="The layer that depth head trains.")
    seed: int = Field(default=1, ge=0, lt=2**32, description="Equal seeds give equal models.")
    devices: PositiveInt | Literal["auto"] = Field(
        default=1, description='Accelerators to train on; "auto" takes all there are.'
    )
    precision: Literal["auto", "32", "bf16"] = Field(
        default="auto", description='Of depth full; "auto" is bf16 on hardware that has it.'
    )
    batch_size: int | None = Field(
        default=None, ge=8, description="Pairs in a batch; by default what suits the depth."
    )
    tensorboard: bool = Field(
        default=False, description="Write curves for TensorBoard (needs the extra tensorboard)."
    )
    min_new: int = Field(
        default=20,
        ge=0,
        description="New or changed pairs since the last run below which a nightly run is skipped.",
    )
