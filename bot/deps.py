"""What the listeners work with, and what they call: one value, made by the service."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from slack_sdk import WebClient

from bot.answering.look_up import LookUp
from bot.settings import BotSettings
from bot.slack.admins import Admins
from bot.slack.later import Later
from index.store import Store
from index.store.types import Generation


@dataclass(frozen=True)
class Deps:
    """What every listener gets.

    Attributes:
        client: For calls that do no harm when repeated.
        admins: Who may use the admin commands.
        team: Id of the workspace that the bot is installed in.
        models_dir: Where the model versions are.
        listening: Runs Bolt's listeners; they only acknowledge.
        background: Runs what follows a click or a command: Bolt's few threads are needed to
            acknowledge.
        later: Runs what Slack has put off, in `background`.
        look_up: Finds answers to what is asked in private.
        question_arrived: Called after a question was stored; must not block.
        jobs_changed: Called after a job was asked for or cancelled; must not block.
        kept_generations: Gives the generations that can be gone back to.
    """

    store: Store
    client: WebClient
    settings: BotSettings
    admins: Admins
    team: str
    models_dir: Path
    listening: Executor
    background: Executor
    later: Later
    look_up: LookUp
    question_arrived: Callable[[], None]
    jobs_changed: Callable[[], None]
    kept_generations: Callable[[], Sequence[Generation]]
