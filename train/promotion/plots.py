"""The plots of a report, drawn without a display and without pyplot's global state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, MaxNLocator, PercentFormatter

from train.promotion.reliability import Reliability
from train.ranker.simulated_search import Ints

LIVE = "#8a8f98"
CANDIDATE = "#1f6feb"
RIGHT = "#1a7f37"
WRONG = "#cf222e"
_INK = "#24292f"
_GRID = "#e3e6ea"
_DPI = 130
_LEAST_SPAN = 0.06
# Of fewer answers the share that is right says nothing.
_TELLING = 10

# Ranks shown together in the picture of what flipped: the first rank of each group.
_RANK_GROUPS = (1, 2, 3, 4, 6, 11, 51)
_RANK_NAMES = ("1", "2", "3", "4-5", "6-10", "11-50", "> 50")


@dataclass(frozen=True)
class Night:
    """One retrain as the history shows it."""

    job_id: int
    promoted: bool
    precision_live: float
    precision_candidate: float
    mrr_live: float
    mrr_candidate: float


def nights(path: Path, history: Sequence[Night]) -> None:
    """Quality of the live model and the candidate by retrain, oldest first."""
    figure = Figure(figsize=(8.4, 4.1))
    at = list(range(len(history)))
    for i, (title, live, candidate) in enumerate(
        (
            (
                "First answer right (precision@1)",
                [n.precision_live for n in history],
                [n.precision_candidate for n in history],
            ),
            (
                "Mean reciprocal rank (MRR)",
                [n.mrr_live for n in history],
                [n.mrr_candidate for n in history],
            ),
        ),
        1,
    ):
        axes = figure.add_subplot(1, 2, i)
        axes.plot(at, live, color=LIVE, marker="o", markersize=4, label="live before")
        axes.plot(at, candidate, color=CANDIDATE, linewidth=1.2, alpha=0.5)
        for promoted, fill, label in (
            (True, CANDIDATE, "trained, went live"),
            (False, "white", "trained, refused"),
        ):
            chosen = [x for x in at if history[x].promoted is promoted]
            if chosen:
                axes.plot(
                    chosen,
                    [candidate[x] for x in chosen],
                    color=CANDIDATE,
                    marker="o",
                    markersize=7,
                    markerfacecolor=fill,
                    linestyle="none",
                    label=label,
                )
        axes.set_title(title)
        axes.set_xlabel("retrain (job id)")
        step = -(-len(history) // 12)
        axes.set_xticks(at[::step], [str(history[x].job_id) for x in at[::step]])
        axes.margins(x=0.08, y=0.15)
        low, high = axes.get_ylim()
        if high - low < _LEAST_SPAN:  # a difference that is nothing must not look like one
            middle = (low + high) / 2
            axes.set_ylim(middle - _LEAST_SPAN / 2, middle + _LEAST_SPAN / 2)
        axes.yaxis.set_major_formatter(FormatStrFormatter("%.2f"))
        if i == 1:
            axes.set_ylabel("mean over held-out questions")
    handles, labels = _legend_of(figure)
    figure.legend(
        handles, labels, loc="lower center", bbox_to_anchor=(0.5, -0.06), ncols=3, frameon=False
    )
    figure.subplots_adjust(bottom=0.16, wspace=0.22)
    _save(figure, path, legend=False)


def _legend_of(figure: Figure) -> tuple[list[Artist], list[str]]:
    """Each thing that any of the axes shows, once."""
    found: dict[str, Artist] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(str(label), handle)
    return list(found.values()), list(found)


def confidence(path: Path, before: Reliability, after: Reliability) -> None:
    """How many of the answers given with a confidence are right: by two rankers."""
    figure = Figure(figsize=(6.2, 5.6))
    above, below = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1], "hspace": 0.08}
    )
    above.plot([0, 1], [0, 1], color=LIVE, linestyle="--", linewidth=1, label="as it should be")
    shown = [
        (before, "#bf8700", "before"),
        (after, CANDIDATE, "fitted, judged unseen"),
    ]
    for reliability, colour, name in shown:
        telling = [b for b in reliability.bins if b.answers >= _TELLING]
        above.plot(
            [b.confidence for b in telling],
            [b.right for b in telling],
            color=colour,
            marker="o",
            label=f"{name}: off by {100 * reliability.error:.1f} points on average",
        )
    last, colour, _ = shown[-1]
    below.bar(
        [b.confidence for b in last.bins],
        [b.answers for b in last.bins],
        width=0.06,
        color=colour,
        alpha=0.7,
    )
    above.set_title("Can the confidence be believed?")
    above.set_ylabel("share of answers right")
    above.yaxis.set_major_formatter(PercentFormatter(1.0))
    above.set_ylim(-0.03, 1.03)
    below.set_ylabel("answers")
    below.set_xlabel("confidence in the best answer")
    below.set_xlim(-0.02, 1.02)
    below.xaxis.set_major_formatter(PercentFormatter(1.0))
    _save(figure, path)


def flips(path: Path, live: Ints, candidate: Ints) -> None:
    """How many questions went from which rank of the right answer to which."""
    first = np.array(_RANK_GROUPS)
    before = np.searchsorted(first, live, side="right") - 1
    after = np.searchsorted(first, candidate, side="right") - 1
    size = len(first)
    counts = np.zeros((size, size), dtype=int)
    np.add.at(counts, (before, after), 1)
    better, worse = int((after < before).sum()), int((after > before).sum())
    # Better below the diagonal, worse above it; shaded by the share of the row's questions.
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    signed = share * np.sign(np.arange(size)[:, None] - np.arange(size)[None, :])
    figure = Figure(figsize=(6.6, 5.6))
    axes = figure.add_subplot()
    colours = LinearSegmentedColormap.from_list("flips", ["#ffb3ad", "white", "#9be3a8"])
    axes.imshow(signed, cmap=colours, vmin=-0.6, vmax=0.6, aspect="auto")
    for row in range(size):
        for column in range(size):
            if counts[row, column]:
                axes.text(
                    column,
                    row,
                    str(counts[row, column]),
                    ha="center",
                    va="center",
                    color=_INK,
                    weight="bold" if row != column else "normal",
                )
    axes.set_xticks(range(size), _RANK_NAMES)
    axes.set_yticks(range(size), _RANK_NAMES)
    axes.set_xlabel("rank of the right answer by the trained model")
    axes.set_ylabel("rank by the live model")
    axes.set_title(
        f"What flipped: of {len(live)} held-out questions\n"
        f"{better} better (green), {worse} worse (red)"
    )
    _save(figure, path, grid=False)


def training(path: Path, curves: Sequence[Mapping[str, float]], best_epoch: int) -> None:
    """Loss and development metrics by epoch."""
    epochs = [row["epoch"] for row in curves]
    figure = Figure(figsize=(8.4, 3.7))
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [row["train_loss"] for row in curves], color=_INK, marker=".")
    left.set_title("Training loss")
    left.set_ylabel("loss")
    for key, colour, name in (
        ("develop_mrr", CANDIDATE, "MRR"),
        ("develop_precision_at_1", RIGHT, "precision@1"),
    ):
        right.plot(epochs, [row[key] for row in curves], color=colour, marker=".", label=name)
    right.axvline(best_epoch, color=LIVE, linestyle="--", linewidth=1, label="kept")
    right.set_title("On the development side")
    right.set_ylabel("share")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _save(figure, path)


def _save(figure: Figure, path: Path, *, grid: bool = True, legend: bool = True) -> None:
    FigureCanvasAgg(figure)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=_INK, labelsize=9)
        if grid:
            axes.grid(color=_GRID, linewidth=0.8)
            axes.set_axisbelow(True)
        if legend and axes.get_legend_handles_labels()[1]:
            axes.legend(frameon=False, fontsize=8.5)
    figure.savefig(path, dpi=_DPI, bbox_inches="tight", facecolor="white")
