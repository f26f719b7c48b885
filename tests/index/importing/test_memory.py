"""An import of many rows holds few of them at a time."""

import json
import tracemalloc
from pathlib import Path

import pytest

from index.importing.files import open_text
from index.importing.formats.registry import format_of
from index.importing.importer import ImportOptions, import_files
from index.store import Store

ROWS = 5_000
MB = 1 << 20


def write(path: Path) -> None:
    answer = "word " * 260
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("question,answer\n")
        if path.suffix == ".json":
            file.write("[")
        for n in range(ROWS):
            row = {"question": f"How many, {n}?", "answer": f"{answer}{n}", "phrasings": [f"p {n}"]}
            match path.suffix:
                case ".csv":
                    file.write(f'"{row["question"]}","{row["answer"]}"\n')
                case ".md":
                    file.write(f"# {row['question']}\n\n{row['answer']}\n\n")
                case ".yaml":
                    file.write(f"- {json.dumps(row)}\n")
                case ".json":
                    file.write((", " if n else "") + json.dumps(row))
                case _:
                    file.write(json.dumps(row) + "\n")
        if path.suffix == ".json":
            file.write("]")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".yaml", ".md"])
def test_readers_stream(suffix: str) -> None:
    path = Path(f"faq{suffix}")
    write(path)
    assert path.stat().st_size > 6 * MB
    tracemalloc.start()
    with open_text(path) as text:
        count = sum(1 for _ in format_of(path).read(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == ROWS
    # Markdown is parsed a megabyte of text at a time.
    assert peak < (12 if suffix == ".md" else 4) * MB


@pytest.mark.slow
def test_an_import_keeps_only_hashes_of_its_rows(sqlite_store: Store) -> None:
    path = Path("faq.jsonl")
    write(path)
    tracemalloc.start()
    result = import_files(sqlite_store, [path], ImportOptions(sync=True))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.added == ROWS
    assert peak < 6 * MB < path.stat().st_size
