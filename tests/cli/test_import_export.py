"""`faqbot import` and `faqbot export`."""

import json
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

from index.engines.qdrant import ServerEngine
from tests.cli.outcomes import Run, one_json, refusal


def test_import_tells_what_it_did_and_what_it_rejected(run: Run, data_dir: Path, faq: Path) -> None:
    with faq.open("a", encoding="utf-8") as file:
        file.write('{"question": "no answer here"}\n')

    result = run("import", faq, "--rejects", "bad.jsonl")

    assert result.code == 0
    assert result.out == "Imported: 4 rows read; 3 added, 1 rejected\n"
    assert "answer is missing" in result.err
    assert "bad.jsonl" in result.err
    assert Path("bad.jsonl").read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing(run: Run, data_dir: Path, faq: Path) -> None:
    run("init")

    result = run("import", faq, "--dry-run", "--json")

    assert one_json(result)["added"] == 3
    assert one_json(run("status", "--json"))["pairs"]["active"] == 0


def test_a_strict_import_of_a_bad_row_is_one_line(run: Run, data_dir: Path, faq: Path) -> None:
    with faq.open("a", encoding="utf-8") as file:
        file.write("{\n")

    assert "nothing was imported" in refusal(run("import", faq, "--strict"))


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect")
def test_import_works_on_a_server_too(
    run: Run, data_dir: Path, faq: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The client closes with each command, as it does with a real server; its data outlive it.
    client = QdrantClient(":memory:")
    closed: list[bool] = []

    class Engine(ServerEngine):
        def close(self) -> None:
            closed.append(True)

        def open(self, name: str) -> Any:
            assert not closed, "the engine was closed before its collection was used"
            return super().open(name)

    def open_engine(settings: object) -> Engine:
        closed.clear()
        return Engine(client)

    monkeypatch.setattr("index.generations.setup.open_engine", open_engine)
    monkeypatch.setattr("index.importing.embed_ahead.open_engine", open_engine)

    assert run("import", faq).code == 0
    asked = one_json(run("ask", "vpn drops", "--json"))

    assert asked["matches"][0]["external_id"] == "vpn"
    assert closed


def test_an_export_says_what_it_leaves_out(run: Run, data_dir: Path, faq: Path) -> None:
    with faq.open("a", encoding="utf-8") as file:
        file.write('{"question": "Pay?", "answer": "Monthly.", "audience": ["C0HR"]}\n')
        file.write('{"question": "Later?", "answer": "Yes.", "status": "draft"}\n')
        file.write('{"question": "Never?", "answer": "No.", "status": "draft"}\n')
    assert run("import", faq).code == 0

    readable = run("export", "--output", "faq.md")
    whole = run("export", "--output", "faq.csv")

    assert readable.err.splitlines() == [
        "Exported 3 pairs.",
        "Markdown holds questions, answers and topics only; other formats hold all.",
        "Left out: 2 pairs that are not active.",
        "Left out: 1 pair that is for some channels only.",
    ]
    assert whole.err == "Exported 6 pairs.\n"


@pytest.mark.parametrize("name", ["faq.json", "faq.xlsx", "faq.markdown"])
def test_an_export_to_an_unknown_extension_is_refused(
    run: Run, data_dir: Path, faq: Path, name: str
) -> None:
    run("import", faq)

    assert f"{name}: an export is written as .jsonl" in refusal(run("export", "--output", name))
    assert not Path(name).exists()
    assert run("export", "--output", name, "--format", "csv").code == 0


def test_what_is_left_out_and_ignored_is_said_with_file_and_line(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    handbook = tmp_path / "handbook.md"
    handbook.write_text(
        "# VPN\n\nAll about it.\n\n## How do I connect?\n\nStart it.\n\n"
        "# Mail\n\nMore of it.\n\n## How do I sign?\n\nIn the settings.\n"
    )
    rows = [{"question": f"Q{n}?", "answer": "A.", "colour": "red"} for n in range(7)]
    Path("faq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    said = run("import", handbook, "faq.jsonl").err

    assert (
        f"Left out: 2 texts that answer no question, above {handbook} line 5, "
        f"above {handbook} line 13.\n"
    ) in said
    assert (
        "The key 'colour' is unknown and was ignored (7 times: faq.jsonl line 1, "
        "faq.jsonl line 2, faq.jsonl line 3, faq.jsonl line 4, faq.jsonl line 5, and 2 more).\n"
    ) in said
