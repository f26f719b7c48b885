"""What a job's row records of its outcome: typed values here, JSON in the store and on the pipe.

A stored result may stem from an older version, or be damaged. What of it cannot be read is left
out: a list of old jobs is always shown.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Any, Literal, Protocol, Self, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class JobResult(Protocol):
    """The outcome of a job, for programs."""

    def to_json(self) -> dict[str, Any]:
        """The values that the job's row records."""
        ...


@dataclass(frozen=True)
class RawResult:
    """An outcome as a process has told it, unread: it is recorded as it is."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return dict(self.values)


NO_RESULT = RawResult()


@dataclass(frozen=True)
class _Flat:
    """A result that JSON holds under the names of its fields."""

    def to_json(self) -> dict[str, Any]:
        values: dict[str, Any] = asdict(self)
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, values: object) -> Self | None:
        """The result that a job's row records; None where it is damaged or of another kind."""
        return _read(cls, values)


@dataclass(frozen=True)
class ImportCounts(_Flat):
    """What an import did, in rows; `index.importing` records it."""

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    retired: int = 0

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The counts that a job's row records; those that cannot be read are 0."""
        given = values if isinstance(values, Mapping) else {}
        return cls(**{f.name: _read(int, given.get(f.name)) or 0 for f in fields(cls)})

    def __str__(self) -> str:
        counts = ((name, count) for name, count in asdict(self).items() if count)
        return ", ".join(f"{count} {name}" for name, count in counts) or "0 read"


@dataclass(frozen=True)
class ReindexResult(_Flat):
    """The generation that a reindex built and made live."""

    generation: int
    model_version: str


@dataclass(frozen=True)
class RollbackResult(_Flat):
    """The generation that is live again, in place of the one `before`."""

    generation: int
    model_version: str
    before: int


@dataclass(frozen=True)
class PurgeResult(_Flat):
    """How much was cleared away; `questions` lost their texts."""

    generations: int
    collections: int
    model_versions: int
    embeddings: int
    questions: int


@dataclass(frozen=True)
class CheckResult(_Flat):
    """How the index differs from the store.

    Attributes:
        problems: One line each; None where nothing could be checked.
        reindex: The job that is to mend it.
    """

    problems: list[str] | None = None
    reindex: int | None = None


@dataclass(frozen=True)
class MetricPair:
    """A figure of the live model and of the trained one."""

    live: float
    candidate: float


@dataclass(frozen=True)
class MrrChange:
    """Mean reciprocal rank of both models, and their difference with its 95 % interval."""

    live: float
    candidate: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class GoldenCheck:
    """How many golden questions were checked, and how many of them turned wrong."""

    checked: int
    flipped: int


@dataclass(frozen=True)
class RankingFigures:
    """The ranker that a retrain fitted.

    Attributes:
        model: The model it belongs to.
        questions: How many it was fitted to.
        fitted: Whether it was proven better than the constants that are shipped.
        error: Mean distance of confidence from the share that is right; None if not measured.
        auroc: How well right answers are told from wrong ones, 0 to 1; None if not measured.
    """

    model: Literal["trained", "live"]
    questions: int
    fitted: bool
    error: float | None
    auroc: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class AnswersChange:
    """What is answered without asking: by what was live, and by what is to go live.

    Counted on held-out questions, some without an answer in the FAQ among them.

    Attributes:
        precision: The share of automatic answers that must be right, as stated.
        questions: How many were asked.
        before: How many of them are answered automatically now, `right_before` rightly.
        after: How many would be by what was tried, `right_after` rightly.
    """

    precision: float
    questions: int
    before: int
    right_before: int
    after: int
    right_after: int

    def in_words(self, *, is_live: bool, dry_run: bool = False) -> str:
        """What changes for people, in one sentence.

        Args:
            is_live: Whether what was tried answers now.
            dry_run: Whether it was only tried; then what it would change is said, too.
        """
        before = self._words(self.before, self.right_before, "answered without asking")
        after = self._words(self.after, self.right_after, "answered without asking")
        if is_live:
            was = self._words(self.before, self.right_before, "answered")
            return f"From now on {after} (before: {was})."
        if dry_run:
            return f"Nothing changes, it was a dry run: {before}; by what was tried {after}."
        return f"Nothing changes: {before}."

    def _words(self, answered: int, right: int, done: str) -> str:
        share = f"{100 * answered / max(self.questions, 1):.0f} of 100 questions are {done}"
        return f"{share}, {1 - right / answered:.0%} of them wrongly" if answered else share


@dataclass(frozen=True)
class Basis:
    """What a retrain is about to be made from: the same basis gives the same outcome.

    Attributes:
        revision: The store's.
        live_model: The version that answers.
        settings: What of the settings changes the outcome.
        golden: The golden questions, each as (id, pair id).
        hyperparameters: Key of the hyperparameters and of the shipped ranker ("recipe" in JSON).
    """

    revision: int
    live_model: str
    settings: dict[str, Any]
    golden: tuple[tuple[int, str], ...]
    hyperparameters: str

    def to_json(self) -> dict[str, Any]:
        return {
            "revision": self.revision,
            "live_model": self.live_model,
            "settings": self.settings,
            "golden": [list(question) for question in self.golden],
            "recipe": self.hyperparameters,
        }

    @classmethod
    def from_json(cls, values: object) -> Self | None:
        """A basis as it was recorded; None where it has not just the values of this version."""
        if not isinstance(values, Mapping) or "recipe" not in values:
            return None
        given = {name: value for name, value in values.items() if name != "recipe"}
        given["hyperparameters"] = values["recipe"]
        return _read(cls, given) if set(given) == {f.name for f in fields(cls)} else None


@dataclass(frozen=True)
class RetrainResult:
    """How a retrain ended. Without figures where it was skipped, or ended before it had any.

    Attributes:
        promoted: Whether a trained model is live now.
        went_live: What is live now that was not before: a model, or a new ranking of the old one.
        skipped: Whether there was no point in a run.
        reason: Why it was decided so, in one line.
        data_revision: The store's, of the pairs that were looked at.
        model_version: The version that was written; None where none was.
        generation: The generation that went live; None where none did.
        precision_at_1: Share of the held-out questions whose right answer comes first, 0 to 1.
        n_held_out: How many held-out questions both models were asked.
        answers: What is answered without asking, before and after, at the stated precision.
        texts: How many texts were encoded or known; `texts_encoded` were new.
        seconds: How long each step took.
    """

    promoted: bool = False
    went_live: Literal["model", "ranking"] | None = None
    skipped: bool = False
    dry_run: bool = False
    reason: str = ""
    data_revision: int = 0
    model_version: str | None = None
    generation: int | None = None
    basis: Basis | None = None
    depth: str | None = None
    precision_at_1: MetricPair | None = None
    mrr: MrrChange | None = None
    n_held_out: int | None = None
    golden: GoldenCheck | None = None
    answers: AnswersChange | None = None
    ranking: RankingFigures | None = None
    texts: int | None = None
    texts_encoded: int | None = None
    seconds: dict[str, float] | None = None

    @property
    def what_changes(self) -> str:
        """What changes for people, in one sentence; empty where it is not known."""
        if self.answers is None:
            return ""
        return self.answers.in_words(is_live=self.went_live is not None, dry_run=self.dry_run)

    def to_json(self) -> dict[str, Any]:
        values = asdict(self)
        if self.basis is not None:
            values["basis"] = self.basis.to_json()
        return {
            name: value
            for name, value in values.items()
            if value is not None or name in _ALWAYS_SAID
        }

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The result that a job's row records; what of it cannot be read stands at its default."""
        given = values if isinstance(values, Mapping) else {}
        read: dict[str, Any] = {
            name: _read(kind, given.get(name)) for name, kind in _RETRAIN_TYPES.items()
        }
        read["basis"] = Basis.from_json(given.get("basis"))
        return cls(**{name: value for name, value in read.items() if value is not None})


_ALWAYS_SAID = ("went_live", "model_version", "generation")
_RETRAIN_TYPES: dict[str, Any] = {
    "promoted": bool,
    "went_live": Literal["model", "ranking"],
    "skipped": bool,
    "dry_run": bool,
    "reason": str,
    "data_revision": int,
    "model_version": str,
    "generation": int,
    "depth": str,
    "precision_at_1": MetricPair,
    "mrr": MrrChange,
    "n_held_out": int,
    "golden": GoldenCheck,
    "answers": AnswersChange,
    "ranking": RankingFigures,
    "texts": int,
    "texts_encoded": int,
    "seconds": dict[str, float],
}


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: type[T], value: object) -> T | None:
    """A JSON value as a type; None where it is none."""
    reader: TypeAdapter[T] = _reader(cast(Any, kind))
    try:
        return reader.validate_python(value)
    except ValidationError:
        return None
