"""All commands: their help, their failures, and the way from nothing to an answer."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.outcomes import Run, files_in, one_json, refusal

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
    "models",
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


@pytest.mark.parametrize("group", [[], ["golden"], ["suggestions"], ["questions"]])
def test_no_line_of_the_list_is_cut(
    run: Run, group: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    listed = run(*group, "--help").out.partition("\nCommands:\n")[2]

    assert listed
    assert "..." not in listed
    assert all(len(line) <= 80 for line in listed.splitlines())


def test_the_program_says_its_version(run: Run) -> None:
    result = run("--version")

    assert result.code == 0
    assert re.fullmatch(r"faqbot \d+\.\d+\.\d+\n", result.out)


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

    checks = one_json(run("doctor", "--json"), code=1)
    levels = {check["check"]: check["level"] for check in checks}
    assert levels["store"] == levels["model"] == levels["index"] == levels["answers"] == "ok"
    assert levels["Slack bot token"] == "fail"


def test_looking_makes_no_files(run: Run, tmp_path: Path) -> None:
    status = run("status", "--json")
    assert status.code == 0
    assert one_json(status)["live_generation"] is None
    assert "faqbot init" in run("status").out

    doctor = run("doctor", "--json")
    assert doctor.code == 1
    findings = {check["check"]: check for check in one_json(doctor, code=1)}
    assert "faqbot init" in findings["store"]["finding"]
    assert "SLACK_BOT_TOKEN" in findings["Slack bot token"]["finding"]

    assert files_in(tmp_path) == set()


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
