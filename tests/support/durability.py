"""What tests write need not outlive a power cut, so nothing waits for the disk.

A killed process loses nothing by it; what the disk has not got yet the kernel still has.
"""

import os
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import Pool

# Set to True by the test that looks at the setting itself.
durable = False


def do_not_wait_for_the_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "fsync", lambda descriptor: None)
    if not sa.event.contains(Pool, "checkout", _relax):
        # When a connection is used first: the store sets it up when it is made.
        sa.event.listen(Pool, "checkout", _relax)


def _relax(connection: Any, record: Any, _proxy: Any) -> None:
    if "relaxed" not in record.info and isinstance(connection, sqlite3.Connection):
        record.info["relaxed"] = True
        if not durable:
            connection.execute("PRAGMA synchronous = OFF")
