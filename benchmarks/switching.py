"""Questions without pause during three cycles of retrain, switch and rollback.

The bot runs as `faqbot serve` beside a local Slack. While people ask it one question after
another, the model is retrained (`python -m train`), which switches to it where it is better, and
then rolled back:

    python benchmarks/switching.py --data ../shared/data/cloud_faq.jsonl --rows 3000

Where a retrain is not promoted, a stand-in goes live in its place: a model that answers as well
as the base, but turns all vectors, so that a query of one model finds nothing in the other's
collection. An answer whose model and collection differ would be another one: afterwards the
questions are put once more to the generation that is on record for them, opened alone, and must
match the same wording. The recorded generation and model must be a pair that existed.

The last line of standard output is one JSON object; the exit status is 0 where no question failed
or was answered from a mixture, and every switch was followed.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa
from article import require
from running import (
    ANSWER_TIMEOUT_S,
    EXAMPLES,
    Answered,
    Asker,
    Bot,
    environment,
    import_rows,
    run,
    running,
    say,
    wait_until_indexed,
    without_proxies,
    write_turned,
)

from bot.intake.markup import question_text
from index.generations.live import Live
from index.generations.setup import open_engine
from index.jobs.results import RawResult, RetrainResult
from index.settings import IndexSettings
from index.store import Store
from index.store.tables import generations, questions
from index.store.types import GenerationState, Job, JobKind, QuestionState
from index.store.visibility import Place
from playground.client import Playground
from playground.testing import running_playground

FAULTS = ("unanswered", "failed", "mixed", "unlike_its_generation", "bot_errors")
SWITCH_TIMEOUT_S = 300.0
# Around a switch: from before the new model is opened until after the old one is closed.
AROUND_S = 1.0
SLOWEST = 5
# Answers of each generation that are compared with its own word afterwards.
COMPARED = 2000
STAND_IN = [sys.executable, str(Path(__file__).resolve()), "--stand-in"]


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    index = IndexSettings(data_dir=folder / "data", device="cpu")
    with running_playground() as slack:
        settings = environment(slack, index.data_dir, FAQBOT_INDEX_DEVICE="cpu")
        say("importing ...")
        asked = import_rows(settings, options.data, options.rows, folder)
        random.Random(options.seed).shuffle(asked)
        bot = Bot(slack, settings, folder / "bot.log", ("--no-worker",))
        with closing(Store(index.store_url)) as store, running(bot):
            wait_until_indexed(store)
            Asker(slack, "warmup", asked).ask(20)
            say(f"asking {options.before} questions before")
            before = _ask_side_by_side(slack, asked, options.askers, options.before)
            askers = _start_askers(slack, asked, options.askers, options.pause)
            cycles = [
                _cycle(index, store, bot, number, options) for number in range(options.cycles)
            ]
            during = [one for asker in askers for one in asker.stop()]
            status = bot.stop()
            events = bot.events()
            figures = _figures(before, during, events) | _recorded(store)
            say("asking the kept generations again, alone")
            figures |= _asked_again(index, store)
    expected = 2 * options.cycles
    return {
        **figures,
        "cycles": cycles,
        "switches": sum(event.get("event") == "generation_switched" for event in events),
        "switches_expected": expected,
        "bot_errors": sum(event.get("level") in ("error", "critical") for event in events),
        "bot_exit_status": status,
    }


def _cycle(
    index: IndexSettings, store: Store, bot: Bot, number: int, options: argparse.Namespace
) -> dict[str, Any]:
    """A retrain, its switch, and a rollback."""
    started = time.monotonic()
    promoted = False
    if not options.stand_in_only:
        say(f"cycle {number + 1}: retrain --depth head")
        arguments = {"depth": "head", "seed": number + 1}
        job = _done(run(store, index, JobKind.RETRAIN, arguments, on_progress=_tell()))
        promoted = RetrainResult.from_json(job.result).promoted
        say(f"  {job.detail}")
    if not promoted:
        say(f"cycle {number + 1}: a stand-in goes live")
        _done(run(store, index, JobKind.RETRAIN, {"seed": number}, STAND_IN, _tell()))
    _wait_for_switch(store, bot)
    trained = time.monotonic()
    time.sleep(options.rest)
    say(f"cycle {number + 1}: rollback")
    _done(run(store, index, JobKind.ROLLBACK, on_progress=_tell()))
    _wait_for_switch(store, bot)
    time.sleep(options.rest)
    return {
        "promoted": promoted,
        "retrain_seconds": round(trained - started, 1),
        "seconds": round(time.monotonic() - started, 1),
    }


def _done(job: Job) -> Job:
    if job.state != "done":
        raise SystemExit(f"the {job.kind} {job.state}: {job.detail}")
    return job


def _tell() -> Any:
    said = ""

    def tell(share: float, detail: str) -> None:
        nonlocal said
        if detail.partition(",")[0] != said:
            said = detail.partition(",")[0]
            say(f"  {share:4.0%} {detail}")

    return tell


def _wait_for_switch(store: Store, bot: Bot) -> None:
    """Wait until the bot answers from the live generation."""
    live = store.generations.live()
    deadline = time.monotonic() + SWITCH_TIMEOUT_S
    while live is not None and time.monotonic() < deadline:
        switched = [e for e in bot.events() if e.get("event") == "generation_switched"]
        if switched and switched[-1]["generation"] == live.id:
            return
        time.sleep(0.2)
    raise SystemExit("the bot did not follow the pointer")


def _start_askers(slack: Playground, asked: list[str], number: int, pause_s: float) -> list[Asker]:
    share = len(asked) // number
    askers = [
        Asker(slack, f"asker{i}", asked[i * share : (i + 1) * share], pause_s)
        for i in range(number)
    ]
    for asker in askers:
        asker.start()
    return askers


def _ask_side_by_side(
    slack: Playground, asked: list[str], number: int, total: int
) -> list[Answered]:
    share = len(asked) // number
    askers = [Asker(slack, f"before{i}", asked[i * share : (i + 1) * share]) for i in range(number)]
    for asker in askers:
        asker.start()
    while sum(len(asker.answered) for asker in askers) < total:
        time.sleep(0.1)
    return [one for asker in askers for one in asker.stop()]


def _figures(
    before: list[Answered], during: list[Answered], events: list[dict[str, Any]]
) -> dict[str, Any]:
    windows = [
        (_at(event) - event["seconds"] - AROUND_S, _at(event) + AROUND_S)
        for event in events
        if event.get("event") == "generation_switched"
    ]
    around = [
        one
        for one in during
        if any(
            start <= one.asked_at + (one.seconds or 0) and one.asked_at <= end
            for start, end in windows
        )
    ]
    everything = before + during
    normal = _milliseconds(before)
    return {
        "asked": len(everything),
        "unanswered": sum(one.seconds is None for one in everything),
        "other_wording_matched": sum(
            one.seconds is not None and not one.right for one in everything
        ),
        "before_ms": normal,
        "during_ms": _milliseconds(during),
        "around_switches_ms": _milliseconds(around),
        "asked_around_switches": len(around),
        "during_over_before": _ratios(_milliseconds(during), normal),
        "around_switches_over_before": _ratios(_milliseconds(around), normal),
        "slowest": _slowest(during, events),
        "switch_seconds": [e["seconds"] for e in events if e.get("event") == "generation_switched"],
    }


def _at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _slowest(during: list[Answered], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The longest waits: when, in seconds after the nearest switch, and how the bot spent it."""
    switches = [_at(e) for e in events if e.get("event") == "generation_switched"]
    finished = [e for e in events if e.get("event") == "question_finished"]
    slowest = sorted(during, key=lambda one: one.seconds or ANSWER_TIMEOUT_S)[-SLOWEST:]
    found = []
    for one in reversed(slowest):
        end = one.asked_at + (one.seconds or ANSWER_TIMEOUT_S)
        after = min((end - switch for switch in switches), key=abs, default=None)
        told = [e for e in finished if e["channel"] == one.channel and abs(_at(e) - end) < 0.2]
        found.append(
            {
                "ms": round(1000 * (one.seconds or ANSWER_TIMEOUT_S)),
                "seconds_after_switch": None if after is None else round(after, 2),
                **{key: e[key] for e in told[:1] for key in ("search_ms", "total_ms")},
            }
        )
    return found


def _milliseconds(answered: list[Answered]) -> dict[str, float]:
    waits = sorted(1000 * one.seconds for one in answered if one.seconds is not None)
    if len(waits) < 2:
        return {}
    p95 = quantiles(waits, n=20, method="inclusive")[-1]
    return {"median": round(median(waits)), "p95": round(p95), "max": round(waits[-1])}


def _ratios(these: dict[str, float], those: dict[str, float]) -> dict[str, float]:
    return {key: round(these[key] / those[key], 2) for key in these if those.get(key)}


def _recorded(store: Store) -> dict[str, Any]:
    """What the store says of the questions: which generation and model answered each."""
    with store.database.read() as connection:
        known = {(row.id, row.model_version) for row in connection.execute(sa.select(generations))}
        rows = connection.execute(
            sa.select(questions.c.generation, questions.c.model, sa.func.count().label("number"))
            .where(questions.c.generation.is_not(None))
            .group_by(questions.c.generation, questions.c.model)
            .order_by(questions.c.generation)
        ).all()
    return {
        "failed": store.inbox.count()[QuestionState.FAILED],
        "mixed": sum(row.number for row in rows if (row.generation, row.model) not in known),
        "by_generation": {f"{row.generation} {row.model}": row.number for row in rows},
    }


def _asked_again(index: IndexSettings, store: Store) -> dict[str, Any]:
    """What was matched while generations changed, against the generation's own word now.

    Only those generations can be asked that are still kept.
    """
    compared = unlike = 0
    with closing(open_engine(index)) as engine:
        for generation in store.generations.all(GenerationState.READY):
            with store.database.read() as connection:
                rows = connection.execute(
                    sa.select(questions.c.text, questions.c.matched_text, questions.c.channel)
                    .where(questions.c.generation == generation.id)
                    .order_by(questions.c.received_at.desc())
                    .limit(COMPARED)
                ).all()
            with closing(Live.open(index, store, engine, generation)) as live:
                expected: dict[str, str | None] = {}
                for row in rows:
                    text = question_text(row.text)
                    if text not in expected:
                        query = live.searcher.read(text)
                        matches = live.searcher.search(query, place=Place(row.channel), limit=1)
                        expected[text] = matches[0].matched_text if matches else None
                    compared += 1
                    unlike += row.matched_text != expected[text]
    return {"compared": compared, "unlike_its_generation": unlike}


def stand_in() -> int:
    """The child process that stands in for a retrain."""
    from index.generations.build import go_live
    from index.generations.cleanup import clean_up
    from index.jobs.child import run as run_child
    from index.jobs.protocol import JobEnding, JobOrder
    from index.progress import Report

    def work(order: JobOrder, report: Report) -> JobEnding:
        version = f"turned-{order.claim.job_id}"
        with (
            closing(Store(order.index.store_url)) as store,
            closing(open_engine(order.index)) as engine,
        ):
            report(0.0, "writing the model version")
            write_turned(order.index.models_dir, version, order.arguments["seed"])
            generation = go_live(order.index, store, engine, version, order.claim, report)
            clean_up(order.index, store, engine)
            return JobEnding("promoted", RawResult({"generation": generation.id}))

    return run_child(work)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=EXAMPLES, help="any FAQ as JSON lines")
    parser.add_argument("--rows", type=int, help="only the first rows")
    parser.add_argument("--cycles", type=int, default=3)
    parser.add_argument("--askers", type=int, default=1, help="people who ask at one time")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds from answer to question")
    parser.add_argument("--before", type=int, default=200, help="questions asked before")
    parser.add_argument("--rest", type=float, default=3.0, help="seconds between the jobs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stand-in-only", action="store_true", help="do not train, only switch")
    parser.add_argument("--stand-in", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stand_in:
        return stand_in()
    require(options.data)
    without_proxies()
    with tempfile.TemporaryDirectory(prefix="faqbot-switching-") as folder:
        result = measure(options, Path(folder))
    print(json.dumps(result))
    faults = sum(result[key] for key in FAULTS)
    return 0 if not faults and result["switches"] == result["switches_expected"] else 1


if __name__ == "__main__":
    sys.exit(main())
