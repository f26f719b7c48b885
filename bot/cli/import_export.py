"""`faqbot import` and `export`: pairs from files, and into one."""

import sys
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import (
    Context,
    bring_up_to_date,
    opened_for_reading,
    opened_store,
    print_json,
    progress_bar,
    say,
)
from index.errors import FaqbotError
from index.importing.formats.registry import export_format_of, exported, titles
from index.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.importing.importer import ImportResult


def _export_format(name: str) -> str:
    """What `--format` takes.

    Raises:
        ValueError: The format is not known, or is only imported; typer says so.
    """
    if name not in exported():
        listed = ", ".join(map(repr, exported()))
        raise ValueError(f"{name!r} is not one of {listed}.")
    return name


def _columns(text: str | None) -> dict[str, str]:
    """What `--columns` says.

    Raises:
        FaqbotError: A part is not of the form key=column.
    """
    found: dict[str, str] = {}
    for part in (text or "").split(",") if text else ():
        key, equals, column = part.partition("=")
        if not equals or not key.strip() or not column.strip():
            raise FaqbotError(f"--columns: {part!r} is not key=column, as in question=Frage")
        found[key.strip().lower()] = column.strip()
    return found


def register(app: typer.Typer) -> None:
    """Add to the command line what this module has."""
    app.command("import", epilog="Example: faqbot import faq.jsonl wiki.md --source wiki --sync")(
        import_command
    )
    app.command(epilog="Example: faqbot export --output backup.jsonl")(export)


def import_command(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help=f"{titles()} files.")],
    source: Annotated[
        str | None, typer.Option(help="Name of the source; default: the row's, then the file's.")
    ] = None,
    sync: Annotated[
        bool, typer.Option("--sync", help="Retire pairs that the source no longer has.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; write nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if a row is bad or to be looked at.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows are written, with their reasons.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="CSV columns by key: question=Frage,answer=Antwort.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Import question/answer pairs. Importing the same file again changes nothing."""
    from index.importing.embed_ahead import embedding_ahead
    from index.importing.importer import ImportOptions, import_files

    settings: Context = context.obj
    index = settings.index
    with opened_store(index) as store:
        try:
            with progress_bar("Importing") as report:
                result = import_files(
                    store,
                    files,
                    ImportOptions(
                        source=source,
                        sync=sync,
                        dry_run=dry_run,
                        strict=strict,
                        rejects=rejects,
                        columns=_columns(columns),
                        progress=report,
                        prepare=None if dry_run else embedding_ahead(index, store),
                    ),
                )
            _show(result, as_json=as_json)
            if result.rejected and result.rejected == result.read:
                raise FaqbotError("no row could be imported")
            if not dry_run:
                bring_up_to_date(index, store)
        except KeyboardInterrupt:
            say("Interrupted. What is done stays; the same command again does the rest.")
            raise


def export(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="Default: by the file's name, else jsonl.",
            parser=_export_format,
            metavar=f"<{'|'.join(exported())}>",
            autocompletion=lambda: list(exported()),
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only pairs of this source.")] = None,
) -> None:
    """Export all pairs in the form that import reads, without loss (Markdown: text only)."""
    from index.importing.exporter import export_pairs

    chosen = format or export_format_of(output)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a file's encoding, not the terminal's
    settings: Context = context.obj
    with opened_for_reading(settings.index) as store:
        done = export_pairs(store, output or sys.stdout, format=chosen, source=source)
    say(f"Exported {counted(done.written, 'pair')}.")
    if (written := exported()[chosen]).for_readers:
        say(f"{written.title} holds questions, answers and topics only; other formats hold all.")
    left_out = {
        "not active": done.inactive,
        "for some channels only": done.restricted,
    }
    for why, count in left_out.items():
        if count:
            say(f"Left out: {counted(count, 'pair')} that {'is' if count == 1 else 'are'} {why}.")


def _show(result: "ImportResult", *, as_json: bool) -> None:
    from index.importing.formats.markdown import SECTION_INTRODUCTION

    counts = {
        "added": result.added,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "retired": result.retired,
    }
    if as_json:
        rejects = str(result.rejects_path) if result.rejects_path else None
        print_json(
            {"read": result.read, "dry_run": result.dry_run, **counts}
            | {"ignored_keys": dict(result.ignored), "rejects": rejects}
            | {"findings": [asdict(finding) for finding in result.findings]}
        )
        return
    verb = "Would import" if result.dry_run else "Imported"
    listed = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    print(f"{verb}: {counted(result.read, 'row')} read; {listed or 'nothing to do'}")
    for rejection in result.rejections:
        say(f"  {rejection}")
    if result.rejects_path:
        rejected = counted(result.rejected, "rejected row")
        say(f"{rejected}, with what is wrong: {result.rejects_path}")
    if result.retired:
        say(f"Retired were pairs of {', '.join(result.sources)} that are not in the files.")
    for finding in result.findings:
        say(f"  Look at {finding}")
    for name, count in result.ignored.items():
        if name == SECTION_INTRODUCTION:
            texts = counted(count, "text that answers", "texts that answer")
            where = _places(result.ignored_at[name], count, "above ")
            say(f"Left out: {texts} no question, {where}.")
        else:
            times, where = counted(count, "time"), _places(result.ignored_at[name], count)
            say(f"The key {name!r} is unknown and was ignored ({times}: {where}).")
    for name in result.unsynced:
        say(f"Nothing of {name!r} was retired: a rejected row does not say which pair it is.")


def _places(places: "Sequence[str]", count: int, before: str = "") -> str:
    """Where something was: the first few places, and how many more there are."""
    more = [f"and {count - len(places)} more"] if count > len(places) else []
    return ", ".join([*(f"{before}{place}" for place in places), *more])
