"""Which data folder holds a store's embedded index: there is one, or two bots answer differently.

The store and the folder bear the same mark. A folder that is moved takes its mark along. A store
that lies in the data folder itself needs none: the two cannot be parted.
"""

import json
import socket
import uuid

from index.engines.base import Engine
from index.errors import IndexElsewhere
from index.settings import IndexSettings
from index.store import Store
from index.store.types import GenerationState

NOTE = "embedded_index"
MARK = "installation"


def require_own_folder(settings: IndexSettings, store: Store) -> None:
    """Check that the embedded index belongs into this data folder; the first one takes it.

    Raises:
        IndexElsewhere: It belongs into another one.
    """
    if settings.engine != "edge" or settings.database_url is None:
        return
    noted = store.processes.note(NOTE)
    if noted is None:
        _take(settings, store)
        return
    known = json.loads(noted)
    if known["mark"] != _mark(settings):
        where = f"{known['folder']} on {known['host']}"
        raise IndexElsewhere(
            f"the embedded index of the store at {store.database.where} is in the data folder "
            f"{where}: a second one in {settings.data_dir} would answer differently; use that "
            'folder, or [index] engine = "server" for several bots, or, if that folder is gone, '
            "run `faqbot init --adopt` here",
            where,
        )
    if known != _describe(settings, known["mark"]):
        _take(settings, store)  # it was moved


def adopt_folder(settings: IndexSettings, store: Store, engine: Engine) -> None:
    """Let the embedded index be in this data folder from now on, built anew from the store."""
    if settings.engine != "edge" or settings.database_url is None:
        return
    for generation in store.generations.all(GenerationState.READY):
        # What is here of it is as old as this folder.
        engine.drop(generation.collection)
        store.generations.set_indexed(generation.id, 0)
    _take(settings, store)


def _mark(settings: IndexSettings) -> str | None:
    path = settings.collections_dir / MARK
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _take(settings: IndexSettings, store: Store) -> None:
    mark = _mark(settings)
    if mark is None:
        mark = uuid.uuid4().hex
        settings.collections_dir.mkdir(parents=True, exist_ok=True)
        (settings.collections_dir / MARK).write_text(f"{mark}\n", encoding="utf-8")
    store.processes.set_note(NOTE, json.dumps(_describe(settings, mark)))


def _describe(settings: IndexSettings, mark: str) -> dict[str, str]:
    folder = str(settings.data_dir.resolve())
    return {"mark": mark, "folder": folder, "host": socket.gethostname()}
