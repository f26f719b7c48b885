"""The SQL store: the truth that every index can be rebuilt from."""

from index.errors import StoreError
from index.store.database import Database
from index.store.embeddings import Embeddings
from index.store.feedback import Feedback
from index.store.generations import Generations
from index.store.golden import GoldenQuestions
from index.store.inbox import Inbox
from index.store.jobs import Jobs
from index.store.pairs import Pairs
from index.store.presence import Processes
from index.store.suggestions import Suggestions

__all__ = ["Store"]


class Store:
    """The tables of one database, by what they hold."""

    def __init__(self, url: str) -> None:
        """Open a store.

        Args:
            url: SQLAlchemy URL of the database.

        Raises:
            StoreError: The URL or its driver cannot be used.
        """
        self.database = Database(url)
        self.pairs = Pairs(self.database)
        self.inbox = Inbox(self.database)
        self.feedback = Feedback(self.database)
        self.suggestions = Suggestions(self.database)
        self.embeddings = Embeddings(self.database)
        self.generations = Generations(self.database)
        self.golden = GoldenQuestions(self.database)
        self.jobs = Jobs(self.database)
        self.processes = Processes(self.database)

    @classmethod
    def open(cls, url: str) -> "Store":
        """Open a store and bring its schema up to date.

        Raises:
            StoreError: The database cannot be reached, or is newer than this version.
        """
        store = cls(url)
        store.database.migrate()
        return store

    def require_schema(self) -> None:
        """Check that `faqbot init` has been run.

        Raises:
            StoreError: There is no schema yet.
        """
        if self.database.schema_revision() is None:
            raise StoreError("there is no FAQ store here yet; run `faqbot init` first")

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
