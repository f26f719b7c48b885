"""How often and how long whoever runs jobs does what."""

from dataclasses import dataclass

from index.store.leases import RENEW_EVERY_S


@dataclass(frozen=True)
class Timing:
    """All in seconds.

    Attributes:
        poll: How often an idle worker looks for jobs that another process asked for.
        retry_after: How long a worker rests after a failure of its own.
        look_every: How often a running child is looked after.
        renew_every: How often a lease is renewed.
        record_every: How often it is renewed at most because there is progress to record.
        store_patience: How long, about, it is tried to record an end while the store is away;
            the pauses in between grow from `first_pause` to `longest_pause`.
    """

    poll: float = 1.0
    retry_after: float = 5.0
    look_every: float = 0.25
    renew_every: float = RENEW_EVERY_S
    record_every: float = 1.0
    store_patience: float = 60.0
    first_pause: float = 0.2
    longest_pause: float = 10.0


USUAL = Timing()
