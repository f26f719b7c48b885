"""The errors a user can meet. Each message is one line: what is wrong, where, what to do next."""


class FaqbotError(Exception):
    """Base of every expected failure; the command line prints its message and exits with 1."""


class SettingsError(FaqbotError):
    """A setting is missing, unknown or has a value that cannot be used."""


class StoreError(FaqbotError):
    """The SQL store cannot be reached or is not in the state this version needs."""


class Unreachable(FaqbotError):
    """Something over the network does not answer, or not yet; it may be tried again."""


class StoreUnreachable(StoreError, Unreachable):
    """The database server cannot be reached, or not yet."""


class ModelError(FaqbotError):
    """A model version is missing, damaged or not trusted."""


class SearchIndexError(FaqbotError):
    """A collection is missing, unreachable or held by another process."""


class CollectionLocked(SearchIndexError):
    """Another process holds the collection's folder.

    Attributes:
        owner: Who holds it, as that process described itself, such as "faqbot serve (pid 4242)".
    """

    def __init__(self, message: str, owner: str) -> None:
        super().__init__(message)
        self.owner = owner


class IndexElsewhere(CollectionLocked):
    """The store's embedded index is in another data folder."""


class CollectionDamaged(SearchIndexError):
    """A collection is there, but cannot be read; it can be built again from the store."""


class DiskFull(SearchIndexError, StoreError):
    """There is no room to write; what is there already can still be read."""


class ImportFailed(FaqbotError):
    """An import stopped before it wrote anything, or before it could finish."""
