"""Kill the bot with `kill -9` at random moments while questions arrive, and count the answers.

Every question must end up with exactly one answer in its thread, or be listed as failed:

    python benchmarks/kill9.py --questions 500 --kills 20 --seed 1

It needs the extra `playground`, the local Slack that the questions are asked in. A part of the
events is delivered twice, and Slack's answer to a post takes a moment, so that many a kill falls
between a post and its record. The last line of standard output is one JSON object; the exit
status is 0 where no question is unanswered and none was answered twice.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from running import (
    EXAMPLES,
    Bot,
    environment,
    import_rows,
    running,
    say,
    without_proxies,
)

from index.settings import IndexSettings
from index.store import Store
from index.store.types import QuestionState
from playground.client import Channel, Person, Playground
from playground.testing import running_playground

# How many of the example's entries the bot knows.
PAIRS = 25
DUPLICATED_SHARE = 0.3
# Between two questions, and from the moment a kill is due to the kill.
PAUSE_S = 0.12
KILL_WITHIN_S = 0.8
# How long Slack takes to say that a message was posted.
POST_S = 0.08
# Slack tries again at once, after a minute and after five, which would be long to watch. A start
# takes seconds, so shorter waits reach the bot as surely.
RETRY_DELAYS_S = (0.1, 2.0, 3.0, 3.0, 3.0, 3.0, 5.0, 10.0, 20.0, 30.0)
# Without any progress for so long the run is over.
STUCK_AFTER_S = 90.0


@dataclass(frozen=True)
class Desk:
    """Where questions are asked, by whom, and which."""

    channels: list[Channel]
    people: list[Person]
    texts: list[str]


@dataclass(frozen=True)
class Asked:
    """A question, and where its answer belongs."""

    channel: str
    ts: str


def run(questions: int, kills: int, seed: int, folder: Path) -> dict[str, int]:
    """Ask, kill, and count.

    Args:
        questions: How many to ask.
        kills: How many times the bot is killed, at moments drawn with `seed`.
        folder: For the bot's data and its log, `bot.log`.
    """
    chance = random.Random(seed)
    with running_playground(retry_delays=RETRY_DELAYS_S) as slack:
        channels = [slack.create_channel(name) for name in ("helpdesk", "office", "random")]
        people = [slack.create_user(name) for name in ("ann", "ben", "cleo")]
        index = IndexSettings(data_dir=folder / "data")
        settings = environment(slack, index.data_dir, FAQBOT_BOT_WATCHED_CHANNELS=channels[0].id)
        say("importing the example FAQ ...")
        desk = Desk(channels, people, import_rows(settings, EXAMPLES, PAIRS, folder))
        slack.slow("chat.postMessage", POST_S, times=1_000_000, after=True)
        with running(Bot(slack, settings, folder / "bot.log")) as bot:
            asked = _ask_and_kill(bot, desk, questions, kills, chance)
            bot.wait_until_connected()
            with closing(Store(index.store_url)) as store:
                _wait_for_answers(slack, store, asked)
                counted = _count(slack, store, asked)
            status = bot.stop()
    if status:
        raise SystemExit(f"the bot ended with status {status} on SIGTERM")
    return {"asked": len(asked), **counted, "kills": bot.kills}


def _ask_and_kill(
    bot: Bot, desk: Desk, questions: int, kills: int, chance: random.Random
) -> list[Asked]:
    kill_after = set(chance.sample(range(1, questions), kills))
    direct = {person.id: person.open_dm() for person in desk.people}
    asked: list[Asked] = []
    for number in range(questions):
        person, text = chance.choice(desk.people), chance.choice(desk.texts)
        bot.slack.duplicate_deliveries(chance.random() < DUPLICATED_SHARE)
        if chance.random() < 0.2:
            channel = direct[person.id]
            ts = person.post(channel, text)
        else:
            channel = chance.choice(desk.channels)
            ts = person.mention(channel, text)
        asked.append(Asked(channel.id, ts))
        time.sleep(chance.uniform(0, 2 * PAUSE_S))
        if number in kill_after:
            bot.wait_until_connected()
            time.sleep(chance.uniform(0, KILL_WITHIN_S))
            bot.kill()
            say(f"{number + 1} of {questions} asked, killed {bot.kills} of {kills}")
            bot.start()
    return asked


def _wait_for_answers(slack: Playground, store: Store, asked: list[Asked]) -> None:
    """Wait until all that will happen has happened."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < STUCK_AFTER_S:
        answers = _answers(slack, asked)
        failed = store.inbox.count()[QuestionState.FAILED]
        done = sum(1 for question in asked if answers[question]) + failed
        if done >= len(asked):
            break
        if done != seen:
            seen, since = done, time.monotonic()
            say(f"{done} of {len(asked)} answered")
        time.sleep(0.5)
    # A second delivery, or a second answer, may still be under way.
    slack.wait_until_idle(STUCK_AFTER_S)
    deadline = time.monotonic() + STUCK_AFTER_S
    while time.monotonic() < deadline:
        count = store.inbox.count()
        if not count[QuestionState.RECEIVED] + count[QuestionState.ANSWERING]:
            return
        time.sleep(0.2)


def _count(slack: Playground, store: Store, asked: list[Asked]) -> dict[str, int]:
    answers = _answers(slack, asked)
    listed = {(q.channel, q.ts) for q in store.inbox.latest(QuestionState.FAILED, len(asked))}
    failed = [q for q in asked if not answers[q] and (q.channel, q.ts) in listed]
    return {
        "answered_once": sum(1 for question in asked if answers[question] == 1),
        "failed": len(failed),
        "unanswered": sum(1 for question in asked if not answers[question]) - len(failed),
        "duplicated": sum(1 for question in asked if answers[question] > 1),
    }


def _answers(slack: Playground, asked: list[Asked]) -> Counter[Asked]:
    """How many replies of the bot each question's thread has."""
    counted: Counter[Asked] = Counter()
    for channel in {question.channel for question in asked}:
        for message in slack.messages(channel, everything=True):
            if message.bot_id and message.thread_ts:
                counted[Asked(channel, message.thread_ts)] += 1
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.kills >= given.questions:
        parser.error("more kills than there are moments between questions")
    without_proxies()
    with tempfile.TemporaryDirectory(prefix="faqbot-kill9-") as folder:
        result = run(given.questions, given.kills, given.seed, Path(folder))
    print(json.dumps(result))
    return 1 if result["unanswered"] or result["duplicated"] else 0


if __name__ == "__main__":
    sys.exit(main())
