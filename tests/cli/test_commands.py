"""What each command does and prints: results on standard output, the rest on standard error."""

import json
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

from bot.cli.console import print_json
from index.engines.qdrant import ServerEngine

# Runs `faqbot ARGS...` in this process; gives `code`, `out` and `err`.
Run = Callable[..., Any]

COMMANDS = [
    "init",
    "import",
    "export",
    "ask",
    "explain",
    "evaluate",
    "retrain",
    "reindex",
    "generations",
    "rollback",
    "report",
    "golden",
    "suggestions",
    "jobs",
    "cancel",
    "worker",
    "serve",
    "status",
    "doctor",
    "demo",
    "chat",
]


def one_json(result: Any) -> Any:
    """The one line of JSON that standard output holds and nothing else."""
    assert result.out.endswith("\n")
    assert result.out.count("\n") == 1
    return json.loads(result.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def refusal(result: Any, code: int = 1) -> str:
    """The one line on standard error that a failure is."""
    assert result.code == code
    assert result.out == ""
    assert "Traceback" not in result.err
    (line,) = result.err.strip().splitlines()
    return str(line)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    result = run(command, "--help")

    assert result.code == 0
    assert "Example: " in result.out
    assert f"faqbot {command}" in result.out


def test_the_program_lists_its_commands(run: Run) -> None:
    result = run("--help")

    assert result.code == 0
    assert "Example: " in result.out
    assert all(f"\n  {command} " in result.out for command in COMMANDS)


def test_from_nothing_to_an_answer_and_back(run: Run, data_dir: Path, faq: Path) -> None:
    assert run("init").code == 0
    again = run("init")
    assert again.code == 0
    assert "generation 1" in again.err

    imported = run("import", faq, "--source", "it", "--json")
    assert imported.code == 0
    assert one_json(imported)["added"] == 3

    asked = one_json(run("ask", "vpn drops all the time", "--json"))
    best = asked["matches"][0]
    assert (best["source"], best["external_id"]) == ("it", "vpn")
    assert best["answer"] == "Update it:"
    assert set(best["scores"]) <= {"question", "answer", "bm25"}
    assert asked["decision"] in ("answer", "offer", "unsure")
    assert 0 <= asked["shown"] <= 3
    assert asked["precision"] == 0.9
    assert asked["generation"] == 1

    exported = run("export")
    assert exported.code == 0
    assert len([json.loads(line) for line in exported.out.splitlines()]) == 3
    Path("backup.jsonl").write_text(exported.out, encoding="utf-8")
    repeated = one_json(run("import", "backup.jsonl", "--json"))
    assert (repeated["added"], repeated["updated"], repeated["unchanged"]) == (0, 0, 3)

    status = one_json(run("status", "--json"))
    assert status["pairs"] == {"draft": 0, "active": 3, "retired": 0}
    assert status["live_generation"]["pairs_behind"] == 0
    assert status["suggestions"] == 0
    assert status["answers"]["everywhere"].startswith("90 %: ")

    checks = one_json(run("doctor", "--json"))
    levels = {check["check"]: check["level"] for check in checks}
    assert levels["store"] == levels["model"] == levels["index"] == levels["answers"] == "ok"
    assert levels["Slack bot token"] == "fail"


def test_ask_shows_a_table_for_people(run: Run, data_dir: Path, faq: Path) -> None:
    run("import", faq)

    result = run("ask", "how to add a signature")

    assert result.code == 0
    assert "Grüße [bold]🙂" in result.out, "an answer is shown as it is, no markup"
    assert "threshold" in result.out


def test_ask_takes_a_channel_a_limit_and_a_retriever(run: Run, data_dir: Path, faq: Path) -> None:
    with faq.open("a", encoding="utf-8") as file:
        row = {"id": "hr", "question": "When are salaries paid?", "answer": "On the 25th."}
        file.write(json.dumps(row | {"audience": ["C0HR"]}) + "\n")
    run("import", faq)

    def ids(*args: str) -> list[str]:
        matches = one_json(run("ask", "when are salaries paid", "--json", *args))["matches"]
        return [match["external_id"] for match in matches]

    assert ids("--limit", "1") == ["hr"]
    assert "hr" in ids("--channel", "C0HR")
    assert "hr" not in ids("--channel", "C0IT")
    assert ids("--retriever", "bm25") == ["hr"]


def test_ask_says_that_the_faq_is_empty(run: Run, data_dir: Path) -> None:
    assert "faqbot import" in refusal(run("ask", "anything", "--json"))


@pytest.mark.parametrize("question", ["\udcff vpn", "vpn \u2028 \x00\x1b[31m", "🙂", "x" * 50_000])
def test_any_question_can_be_asked(run: Run, data_dir: Path, faq: Path, question: str) -> None:
    run("import", faq)

    result = run("ask", question, "--json")

    assert result.code == 0
    assert one_json(result)["question"] == question


def test_json_is_valid_whatever_the_terminal_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"text": "Grüße 🙂 \udcff \u2028"}
    for encoding in ("ascii", "latin-1", "utf-8"):
        written = BytesIO()
        stream = TextIOWrapper(written, encoding=encoding, errors="backslashreplace")
        monkeypatch.setattr(sys, "stdout", stream)
        print_json(value)
        stream.flush()
        assert json.loads(written.getvalue().decode(encoding)) == value


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


def test_looking_makes_no_files(run: Run, tmp_path: Path) -> None:
    status = run("status", "--json")
    assert status.code == 0
    assert one_json(status)["live_generation"] is None
    assert "faqbot init" in run("status").out

    doctor = run("doctor", "--json")
    assert doctor.code == 1
    findings = {check["check"]: check for check in one_json(doctor)}
    assert "faqbot init" in findings["store"]["finding"]
    assert "SLACK_BOT_TOKEN" in findings["Slack bot token"]["finding"]

    assert files(tmp_path) == set()


def test_doctor_makes_no_files_where_everything_is_set_up(
    run: Run, data_dir: Path, faq: Path, tmp_path: Path
) -> None:
    run("import", faq)
    before = files(tmp_path)

    run("doctor")

    # The engine tidies its journals away when it opens a collection.
    assert files(tmp_path) <= before


def test_doctor_finds_what_is_wrong(run: Run, data_dir: Path, faq: Path) -> None:
    def finding(name: str) -> tuple[str, str]:
        checks = {check["check"]: check for check in one_json(run("doctor", "--json"))}
        return checks[name]["level"], checks[name]["finding"]

    run("init")
    assert finding("store") == ("warn", "no pairs yet; run `faqbot import FILE`")
    run("import", faq)
    assert finding("index")[0] == "ok"

    (collection,) = (path for path in (data_dir / "collections").iterdir() if path.is_dir())
    collection.rename(data_dir / "collection")
    assert finding("index")[0] == "fail"
    assert "faqbot init" in finding("index")[1]
    (data_dir / "collection").rename(collection)

    (data_dir / "models").unlink()
    level, text = finding("model")
    assert level == "fail"
    assert "faqbot init" in text


def test_doctor_says_one_line_for_unusable_settings(run: Run) -> None:
    Path("faqbot.toml").write_text("[index]\nengin = 1\n")

    result = run("doctor", "--json")

    assert result.code == 1
    (check,) = one_json(result)
    assert check["level"] == "fail"
    assert "engin" in check["finding"]


def test_doctor_goes_on_after_a_store_it_cannot_use(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATABASE_URL", "no url at all")

    checks = one_json(run("doctor", "--json"))

    assert [check["check"] for check in checks][:3] == ["settings", "store", "Slack bot token"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--config", "none.toml", "status"], "none.toml does not exist"),
        (["ask", "  "], "the question is empty"),
        (["explain", "  "], "the question is empty"),
        (["import", "none.jsonl"], "none.jsonl does not exist"),
        (["import", "faq.docx"], "extension"),
        (["evaluate", "--pairs", "none", "--queries", "none"], "none cannot be read"),
        (["export", "--output", "no/such/folder/faq.jsonl"], "no/such/folder"),
        (["serve"], "SLACK_BOT_TOKEN"),
    ],
)
def test_a_failure_is_one_line_and_status_1(
    run: Run, data_dir: Path, args: list[str], reason: str
) -> None:
    line = refusal(run(*args))

    assert line.startswith("faqbot: ")
    assert reason in line


def test_a_data_folder_that_is_a_file_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, faq: Path
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATA_DIR", str(faq / "data"))

    assert "faq.jsonl" in refusal(run("init"))


def test_an_unknown_base_model_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_BASE_MODEL", "no-such-model")

    assert "no-such-model" in refusal(run("init"))


def test_an_unreachable_qdrant_server_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, data_dir: Path, faq: Path
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_ENGINE", "server")
    monkeypatch.setenv("FAQBOT_INDEX_QDRANT_URL", "http://127.0.0.1:1")

    assert "http://127.0.0.1:1 cannot be used" in refusal(run("init"))


@pytest.mark.parametrize(
    "args",
    [
        ["asc", "vpn"],
        ["ask"],
        ["ask", "vpn", "--limit", "0"],
        ["explain"],
        ["explain", "vpn", "--limit", "21"],
        ["ask", "vpn", "--retriever", "x"],
        ["evaluate", "--pairs", "p"],
        ["import"],
        ["status", "--jsn"],
    ],
)
def test_wrong_usage_is_status_2(run: Run, args: list[str]) -> None:
    result = run(*args)

    assert result.code == 2
    assert result.out == ""
    assert "Usage: faqbot" in result.err
    assert "Traceback" not in result.err
