"""How long the bot waits, and how often it looks."""

from dataclasses import dataclass

from bot import job_messages
from bot.slack import client
from bot.transports import socket
from index.generations import follow


@dataclass(frozen=True)
class Timing:
    """Seconds, each of one part of the running bot.

    Attributes:
        lock_patience_s: How long a start waits for the embedded index while `faqbot ask` or
            `doctor` looks into it.
        finish_patience_s: How long a stop waits for acknowledged commands and clicks that are
            still to be carried out.
        slack_timeout_s: How long a call to Slack may take.
        ping_every_s: Between two pings of Socket Mode.
        first_pause_s: From the first try to connect that fails to the next, in Socket Mode.
        follow_every_s: Between two looks at the store and at the live generation.
        follow_retry_after_s: The same after a look that failed.
        messages_every_s: Between two looks at jobs that are shown in Slack.
        messages_retry_after_s: The same after a look that failed.
    """

    lock_patience_s: float = 5.0
    finish_patience_s: float = 10.0
    slack_timeout_s: int = client.TIMEOUT_S
    ping_every_s: float = socket.PING_EVERY_S
    first_pause_s: float = socket.FIRST_PAUSE_S
    follow_every_s: float = follow.FOLLOW_EVERY_S
    follow_retry_after_s: float = follow.RETRY_AFTER_S
    messages_every_s: float = job_messages.EVERY_S
    messages_retry_after_s: float = job_messages.RETRY_AFTER_S
