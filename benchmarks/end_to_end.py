"""The main job on real data: import and index the cloud FAQ, then ask it in Slack.

Imports all pairs, indexes them, compares the rate with the encoder's own on the same texts, and
asks 20 reworded questions through a local Slack, over Socket Mode and over HTTP. Prints the
transcript, and a line of JSON at the end.

    python benchmarks/end_to_end.py --data ../shared/data/cloud_faq.jsonl
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Literal

from article import require
from pydantic import SecretStr

from bot import logs
from bot.service import Service
from bot.settings import BotSettings
from bot.transports.http import EVENTS_PATH, HttpTransport
from index.generations.live import Live
from index.generations.setup import initialise, open_engine
from index.importing.importer import ImportOptions, import_files
from index.settings import IndexSettings
from index.store import Store
from index.text import one_line
from playground.client import Playground
from playground.testing import running_playground

REWORDED = Path(__file__).parent / "data" / "cloud_faq_reworded.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="cloud_faq.jsonl")
    parser.add_argument("--rows", type=int, help="only the first rows")
    options = parser.parse_args()
    require(options.data)
    logs.configure(BotSettings(log_level="warning"))
    rows = [json.loads(line) for line in options.data.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        settings = IndexSettings(data_dir=Path(folder) / "data")
        figures = fill(settings, options.data, options.rows, Path(folder))
        for mode in ("socket", "http"):
            figures[mode] = ask(settings, mode, rows)  # type: ignore[arg-type]
    print(json.dumps(figures))


def fill(
    settings: IndexSettings, data: Path, limit: int | None, scratch: Path
) -> dict[str, object]:
    """Import and index; the time of each, and of encoding the same texts with nothing else."""
    if limit:
        part = scratch / data.name
        with data.open(encoding="utf-8") as file:
            part.write_text("".join(islice(file, limit)), "utf-8")
        data = part
    store = Store.open(settings.store_url)
    engine = open_engine(settings)
    initialise(settings, store, engine)
    live = Live.open(settings, store, engine)
    live.embedder.model.encode(["warm up"])
    started = time.perf_counter()
    result = import_files(store, [data], ImportOptions(rejects=scratch / "rejects.jsonl"))
    imported = time.perf_counter()
    live.catch_up(lambda done, total: print(f"indexed {done}/{total}", file=sys.stderr))
    indexed = time.perf_counter()
    texts = [
        text for pairs in store.pairs.changed(0) for p in pairs for text in (p.question, p.answer)
    ]
    print(f"encoding {len(texts)} texts alone", file=sys.stderr)
    alone = time.perf_counter()
    live.embedder.model.encode(texts)
    encoded = time.perf_counter()
    live.close()
    store.close()
    return {
        "rows": result.read,
        "pairs": result.added,
        "rejected": result.rejected,
        "duplicates": result.duplicates,
        "import_rows_per_second": round(result.read / (imported - started)),
        "index_seconds": round(indexed - imported, 1),
        "index_texts_per_second": round(len(texts) / (indexed - imported), 1),
        "encoder_texts_per_second": round(len(texts) / (encoded - alone), 1),
        "index_time_over_encoding_alone": round((indexed - imported) / (encoded - alone), 3),
    }


def ask(
    settings: IndexSettings, mode: Literal["socket", "http"], rows: list[dict[str, str]]
) -> dict[str, object]:
    """Ask the reworded questions in a channel, each mentioning the bot."""
    print(f"\n=== {mode} ===")
    right, answered, seconds = 0, 0, []
    with running_playground() as slack, running_bot(settings, mode, slack):
        channel = slack.create_channel("cloud")
        ann = slack.create_user("ann")
        for line in REWORDED.read_text("utf-8").splitlines():
            asked = json.loads(line)
            expected = rows[asked["line"] - 1]
            started = time.perf_counter()
            ts = ann.mention(channel, asked["question"])
            (reply,) = slack.wait_for_replies(channel, ts, count=1, timeout=30)
            seconds.append(time.perf_counter() - started)
            payload = (reply.metadata or {})["event_payload"]
            sure = bool(payload["pair_id"])
            hit = sure and payload["matched_text"] == one_line(expected["question"])
            answered += sure
            right += hit
            print(f"\nann: @faqbot {asked['question']}")
            said = reply.all_text if sure else f"(not sure) closest: {payload['matched_text']}"
            print(
                f"  faqbot [{payload['confidence']:.2f}{'' if hit else ', not the pair'}]: {said}"
            )
    return {
        "asked": len(seconds),
        "answered": answered,
        "answered_with_the_pair": right,
        "median_seconds_to_reply": round(median(seconds), 3),
        "slowest_seconds_to_reply": round(max(seconds), 3),
    }


@contextmanager
def running_bot(
    settings: IndexSettings, mode: Literal["socket", "http"], slack: Playground
) -> Iterator[None]:
    """The bot in this process, connected to a playground."""
    bot = BotSettings(
        slack_api_url=slack.api_url,
        slack_bot_token=SecretStr(slack.bot_token),
        slack_app_token=SecretStr(slack.app_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        mode=mode,
        http_port=0,
    )
    service = Service(settings, bot)
    service.start()
    try:
        if isinstance(service.transport, HttpTransport):
            slack.deliver_by_http(f"http://127.0.0.1:{service.transport.port}{EVENTS_PATH}")
        yield
    finally:
        service.stop()


if __name__ == "__main__":
    main()
