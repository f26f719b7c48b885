"""Importing FAQ files into the store, in batches, so that a repeated import changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from index import processes
from index.errors import ImportFailed
from index.importing.files import STDIN, on_disk, open_text
from index.importing.findings import Finding, found_in
from index.importing.formats.base import Format
from index.importing.formats.raw import BadRow, Raw
from index.importing.formats.registry import format_of
from index.importing.identity import Identities
from index.importing.keys import KEYS
from index.importing.rejects import Rejection, RejectsFile, shortened
from index.importing.rows import MAX_NAME, RowError, normalized, parse, row_id, row_source
from index.progress import Counter
from index.store import Store
from index.store.pairs import BATCH, Written
from index.store.types import JobKind, JobState, PairDraft, Status
from index.text import one_line

# How many rejections and ignored keys are told by name; more would not be read.
SHOWN = 5
MAX_IGNORED = MAX_FINDINGS = 20


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or with `dry_run` would have done.

    Attributes:
        read: Rows found in the files; each is added, updated, unchanged, a duplicate or rejected.
        duplicates: Rows that repeat an earlier one of the same import.
        retired: Pairs that `sync` retired because no row holds them any more.
        sources: The sources that were seen.
        unsynced: Sources of which `sync` retired nothing, because a rejected row did not say
            which pair it is.
        ignored: Unknown keys and in how many rows each was.
        ignored_at: Where each of them was first, as "faq.csv line 3".
        rejections: The first few rejected rows.
        findings: The first few things about rows that were taken and should be looked at.
        rejects_path: The file that holds all rejected rows; None where there is none.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    duplicates: int
    rejected: int
    retired: int
    sources: tuple[str, ...]
    unsynced: tuple[str, ...]
    ignored: Mapping[str, int]
    ignored_at: Mapping[str, Sequence[str]]
    rejections: tuple[Rejection, ...]
    findings: tuple[Finding, ...]
    rejects_path: Path | None
    dry_run: bool


@dataclass(frozen=True)
class ImportOptions:
    """How an import is done.

    Attributes:
        source: Source of all rows. Without it a row's own `source` holds, else the file's name.
        sync: Retire the pairs of the sources seen that no row holds any more.
        dry_run: Only tell what would happen; nothing is written but a file given as `rejects`.
        strict: Write nothing unless every row is good and there is no finding.
        rejects: File for the rejected rows; default `<first file>.rejects.jsonl` in the working
            directory.
        columns: Names of CSV columns by the key that each holds: `{"question": "Frage"}`.
        progress: Called with the bytes read and the bytes there are to read, now and then.
        prepare: Called with each batch before it is written; not in a dry run.
    """

    source: str | None = None
    sync: bool = False
    dry_run: bool = False
    strict: bool = False
    rejects: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    progress: Counter | None = None
    prepare: Callable[[Sequence[PairDraft]], None] | None = None


@dataclass(frozen=True)
class _File:
    path: Path  # where its text is: for standard input, a copy
    name: str
    source: str
    form: Format
    size: int


@dataclass
class _Tally:
    """What an import has seen so far."""

    read: int = 0
    duplicates: int = 0
    rejected: int = 0
    written: Written = field(default_factory=Written)
    sources: dict[str, None] = field(default_factory=dict)
    unsynced: set[str] = field(default_factory=set)
    is_any_unsynced: bool = False
    ignored: dict[str, int] = field(default_factory=dict)
    ignored_at: dict[str, list[str]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def ignore(self, key: str, file: str, line: int) -> None:
        """Count an unknown key, of which only so many are told by name."""
        if key in self.ignored or len(self.ignored) < MAX_IGNORED:
            self.ignored[key] = self.ignored.get(key, 0) + 1
            if len(places := self.ignored_at.setdefault(key, [])) < SHOWN:
                places.append(f"{file} line {line}")


def import_files(
    store: Store,
    paths: Sequence[Path],
    options: ImportOptions | None = None,
) -> ImportResult:
    """Import FAQ files: each good row becomes a pair, each bad one is rejected with a reason.

    Rows are written in transactions of `BATCH`; an import that was interrupted is finished by
    repeating it.

    Args:
        store: Where the pairs go.
        paths: Files by their extension (see `registry.format_of`); `-` is JSON lines from standard
            input.
        options: How it is done; None for the defaults.

    Raises:
        ImportFailed: A file cannot be read, or `strict` and a row is bad; nothing was written.
        StoreError: The store failed; whole batches may have been written.
    """
    options = options or ImportOptions()
    if not paths:
        raise ImportFailed("there is no file to import; name at least one")
    if options.source is not None:
        options = replace(options, source=one_line(options.source))
        if not 0 < len(options.source or "") <= MAX_NAME:
            raise ImportFailed(f"a source must have 1 to {MAX_NAME} characters")
    with ExitStack() as stack:
        copies = [stack.enter_context(on_disk(path)) for path in paths]
        files = [
            _examine(path, copy, options.columns) for path, copy in zip(paths, copies, strict=True)
        ]
        default = None if options.dry_run else Path(f"{_stem(paths[0])}.rejects.jsonl")
        target = options.rejects or default
        if target and any(target.resolve() == file.path.resolve() for file in files):
            raise ImportFailed(f"{target} is to be imported; name another file for rejected rows")
        rejected = RejectsFile(target) if target else None
        run = _Import(store, options, files, rejected)
        if options.strict:
            run.require_all_good()
        if options.dry_run:
            return run.run()
        names = ", ".join(file.name for file in files)[:1000]
        job = store.jobs.start(JobKind.IMPORT, names, owner=processes.owner())
        try:
            result = run.run()
        except BaseException as error:
            state = JobState.FAILED if isinstance(error, Exception) else JobState.CANCELLED
            store.jobs.finish(job, state, {}, one_line(str(error)) or type(error).__name__)
            raise
        store.jobs.finish(job, JobState.DONE, _for_job(result))
        return result


def _examine(path: Path, copy: Path, columns: Mapping[str, str]) -> _File:
    """Check a file before anything is written.

    Raises:
        ImportFailed: It cannot be imported.
    """
    form = format_of(path)
    if unknown := [key for key in columns if key not in KEYS]:
        raise ImportFailed(f"columns: {unknown[0]!r} is no key; there are {', '.join(KEYS)}")
    if columns and form.with_columns is None:
        raise ImportFailed(f"{path}: columns can be named for CSV files only")
    form = form.with_columns(columns) if columns and form.with_columns else form
    with open_text(copy) as text:
        if form.check is not None:
            try:
                form.check(text)
            except ImportFailed as error:
                raise ImportFailed(f"{path}: {error}") from None
    name = "standard input" if path == STDIN else one_line(str(path))
    source = one_line(_stem(path))[:MAX_NAME] or "import"
    return _File(copy, name, source, form, copy.stat().st_size)


def _stem(path: Path) -> str:
    return "stdin" if path == STDIN else path.stem


def _for_job(result: ImportResult) -> dict[str, Any]:
    names = ("read", "added", "updated", "unchanged", "duplicates", "rejected", "retired")
    counts: dict[str, Any] = {name: getattr(result, name) for name in names}
    return counts | {
        "sources": list(result.sources[:MAX_IGNORED]),
        "ignored": dict(result.ignored),
        "rejections": [str(rejection) for rejection in result.rejections],
    }


class _Import:
    """One run of `import_files`, over files that have been examined."""

    def __init__(
        self,
        store: Store,
        options: ImportOptions,
        files: list[_File],
        rejects: RejectsFile | None,
    ) -> None:
        self._store = store
        self._options = options
        self._files = files
        self._rejects = rejects
        self._size = sum(file.size for file in files)
        self._done = 0

    def require_all_good(self) -> None:
        """Read everything once without writing.

        Raises:
            ImportFailed: A row is bad, or there is a finding.
        """
        # Everything will be read twice.
        self._size *= 2
        tally = _Tally()
        identities = Identities(remember_present=False)
        for _ in self._drafts(tally, identities, lambda _: None):
            pass
        if tally.rejected:
            first = "; ".join(map(str, tally.rejections))
            more = "" if tally.rejected <= SHOWN else f"; and {tally.rejected - SHOWN:,} more"
            raise ImportFailed(
                f"nothing was imported: {tally.rejected:,} of {tally.read:,} rows are bad: "
                f"{first}{more}"
            )
        if tally.findings:
            listed = "; ".join(map(str, tally.findings[:SHOWN]))
            raise ImportFailed(f"nothing was imported: {listed}")

    def _write(self, batch: list[PairDraft]) -> Written:
        if self._options.dry_run:
            return self._store.pairs.preview(batch)
        if self._options.prepare:
            self._options.prepare(batch)
        return self._store.pairs.upsert(batch)

    def run(self) -> ImportResult:
        """Read all files and write their pairs, in batches."""
        tally = _Tally()
        identities = Identities(remember_present=self._options.sync)
        rejects = self._rejects
        try:
            batch: list[PairDraft] = []
            for draft in self._drafts(tally, identities, rejects.add if rejects else _forget):
                batch.append(draft)
                if len(batch) == BATCH:
                    tally.written += self._write(batch)
                    batch = []
            tally.written += self._write(batch)
            retired = self._retire(tally, identities) if self._options.sync else 0
            path = rejects.publish() if rejects else None
        except BaseException:
            if rejects:
                rejects.discard()
            raise
        if self._options.progress:
            self._options.progress(self._size, self._size)
        return ImportResult(
            read=tally.read,
            added=tally.written.added,
            updated=tally.written.updated,
            unchanged=tally.written.unchanged,
            duplicates=tally.duplicates,
            rejected=tally.rejected,
            retired=retired,
            sources=tuple(tally.sources),
            unsynced=tuple(
                s for s in tally.sources if self._options.sync and _is_unsynced(tally, s)
            ),
            ignored=tally.ignored,
            ignored_at=tally.ignored_at,
            rejections=tuple(tally.rejections),
            findings=tuple(tally.findings),
            rejects_path=path,
            dry_run=self._options.dry_run,
        )

    def _drafts(
        self, tally: _Tally, identities: Identities, reject: Callable[[Rejection], None]
    ) -> Iterator[PairDraft]:
        for file, raw in self._raw_rows(tally):
            tally.read += 1
            try:
                draft = self._draft(file, raw, tally, identities)
            except RowError as error:
                tally.rejected += 1
                row = raw.text if isinstance(raw, BadRow) else raw.values
                rejection = Rejection(file.name, raw.line, one_line(str(error)), shortened(row))
                if len(tally.rejections) < SHOWN:
                    tally.rejections.append(rejection)
                reject(rejection)
                continue
            if draft is None:
                tally.duplicates += 1
            else:
                yield draft

    def _raw_rows(self, tally: _Tally) -> Iterator[tuple[_File, Raw]]:
        for file in self._files:
            with open_text(file.path) as text:
                for raw in file.form.read(text):
                    if self._options.progress and tally.read % BATCH == 0:
                        self._options.progress(self._done + _position(text), self._size)
                    yield file, raw
            self._done += file.size

    def _draft(
        self, file: _File, raw: Raw, tally: _Tally, identities: Identities
    ) -> PairDraft | None:
        if isinstance(raw, BadRow):
            if self._options.source is None:
                # It might have named any source.
                tally.is_any_unsynced = True
                tally.sources[file.source] = None
            else:
                self._cannot_sync(self._options.source, tally)
            raise RowError(raw.reason)
        try:
            values, unknown = normalized(raw.values)
            for key in unknown:
                tally.ignore(key, file.name, raw.line)
            source = self._options.source or row_source(values) or file.source
        except RowError:
            tally.is_any_unsynced = True
            raise
        tally.sources[source] = None
        try:
            row = parse(values)
            if len(tally.findings) < MAX_FINDINGS:
                tally.findings += found_in(row, file.name, raw.line)
            return identities.draft(row, source, file.name, raw.line)
        except RowError:
            self._note_rejected(values, source, tally, identities)
            raise

    def _note_rejected(
        self, values: dict[str, object], source: str, tally: _Tally, identities: Identities
    ) -> None:
        """A rejected row's pair is not gone; where it has no id, any pair might be its."""
        try:
            own = row_id(values)
        except RowError:
            own = None
        if own is None:
            self._cannot_sync(source, tally)
        else:
            identities.note_present(source, own)

    def _cannot_sync(self, source: str, tally: _Tally) -> None:
        tally.sources[source] = None
        tally.unsynced.add(source)

    def _retire(self, tally: _Tally, identities: Identities) -> int:
        retired = 0
        for source in tally.sources:
            if _is_unsynced(tally, source):
                continue
            ids = self._store.pairs.ids_of(source)
            gone = [pair for pair in ids if not identities.is_present(pair)]
            if gone and not self._options.dry_run:
                self._store.pairs.set_status(gone, Status.RETIRED)
            retired += len(gone)
        return retired


def _is_unsynced(tally: _Tally, source: str) -> bool:
    return tally.is_any_unsynced or source in tally.unsynced


def _position(text: TextIO) -> int:
    return text.buffer.tell()


def _forget(_: Rejection) -> None:
    pass
