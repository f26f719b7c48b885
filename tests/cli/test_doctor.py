"""`faqbot doctor`."""

import os
import shutil
from pathlib import Path

import pytest

from index.model.base import BASE_VERSION
from index.model.manifest import SERVABLE
from index.model.versions import Provenance, write_version
from tests.cli.outcomes import Run, files_in, one_json
from tests.index.models import damage


def test_doctor_makes_no_files_where_everything_is_set_up(
    run: Run, data_dir: Path, faq: Path, tmp_path: Path
) -> None:
    run("import", faq)
    before = files_in(tmp_path)

    run("doctor")

    # The engine tidies its journals away when it opens a collection.
    assert files_in(tmp_path) <= before


def test_doctor_finds_what_is_wrong(run: Run, data_dir: Path, faq: Path) -> None:
    def finding(name: str) -> tuple[str, str]:
        checks = {check["check"]: check for check in one_json(run("doctor", "--json"), code=1)}
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


def test_doctor_tells_a_damaged_report_of_a_model_that_serves_well(
    run: Run, tmp_path: Path, faq: Path, base_models: Path
) -> None:
    picture = tmp_path / "flips.png"
    picture.write_bytes(b"a picture")
    models = tmp_path / "faqbot-data" / "models"
    write_version(
        models,
        BASE_VERSION,
        lambda folder: (
            shutil.copytree(base_models / BASE_VERSION / SERVABLE, folder, copy_function=os.link)
            and None
        ),
        Provenance(base_encoder="all-MiniLM-L6-v2", dimension=384),
        extras={"flips.png": picture},
    )
    run("import", faq)
    damage(models / BASE_VERSION / "flips.png")

    checks = {check["check"]: check for check in one_json(run("doctor", "--json"), code=1)}

    assert checks["model"]["level"] == "warn"
    assert "flips.png" in checks["model"]["finding"]
    assert run("ask", "how do I reset my password?").code == 0


def test_doctor_says_one_line_for_unusable_settings(run: Run) -> None:
    Path("faqbot.toml").write_text("[index]\nengin = 1\n")

    result = run("doctor", "--json")

    assert result.code == 1
    (check,) = one_json(result, code=1)
    assert check["level"] == "fail"
    assert "engin" in check["finding"]


def test_doctor_goes_on_after_a_store_it_cannot_use(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAQBOT_INDEX_DATABASE_URL", "no url at all")

    checks = one_json(run("doctor", "--json"), code=1)

    assert [check["check"] for check in checks][:4] == [
        "settings",
        "disk",
        "store",
        "Slack bot token",
    ]


def test_a_full_disk_is_told_by_doctor_and_status(
    run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    assert one_json(run("status", "--json"))["problems"] == []

    monkeypatch.setattr("index.space.RESERVE_BYTES", 1 << 62)

    checks = {check["check"]: check for check in one_json(run("doctor", "--json"), code=1)}
    assert checks["disk"]["level"] == "fail"
    assert checks["disk"]["finding"].startswith("disk full: ")
    (problem,) = one_json(run("status", "--json"))["problems"]
    assert problem == checks["disk"]["finding"]
    assert "disk full" in run("status").out
