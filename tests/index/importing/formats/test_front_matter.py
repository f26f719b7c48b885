"""Front matter: what it says holds, and what cannot be understood refuses the file."""

from tests.index.importing.formats.reading import only_bad, rows, values
from tests.support.tables import table

_BODY = "\n## How much is it?\n\nTen.\n"


@table(
    [
        "---\naudience: C1\n---\n",
        "\n\n---\naudience: C1\n---\n",
        "<!-- made by\na program -->\n\n---\naudience: C1\n---\n",
        "  ---\n  audience: C1\n  ---\n",
        "----\naudience: C1\n----\n",
        '+++\naudience = ["C1"]\n+++\n',
        '+++\naudience = "C1"\n+++\n',
        "\ufeff---\r\naudience: C1\r\n---\r\n",
    ]
)
def test_an_audience_holds_however_the_front_matter_stands(front: str) -> None:
    [(_, row)] = values("a.md", front + _BODY)
    assert row["audience"] in ("C1", ["C1"])


@table(
    [
        ("---\naudience: C1\n", 2),  # not closed
        ("---\naudience: #private\n---\n", 1),  # a comment, to YAML
        ("---\naudience:\n---\n", 1),
        ("---\naudiences: C1\n---\n", 1),
        ("---\nvisibility: staff\n---\n", 1),
        ("---\naudience: C1\naudience: [C1\n---\n", 1),
        ("audience: C1\n", 1),
        ("# Title\n\n---\naudience: C1\n---\n", 4),
        ("# Title\n\n## One?\n\nYes.\n\n---\naudience: C1\n\n", 8),
        ("<!--\naudience: C1\n-->\n", 2),
        ('{\n  "audience": ["C1"]\n}\n', 2),
        ("```yaml\naudience: C1\n```\n", 2),
        ("+++\naudience = C1\n+++\n", 1),
    ]
)
def test_what_is_not_understood_refuses_the_file(front: str, line: int) -> None:
    [bad] = rows("a.md", front + _BODY)
    assert only_bad("a.md", front + _BODY).line == line
    assert "nothing of the file was taken" in bad.reason


@table(["draft: true", "published: no", "status: Draft"])
def test_a_draft_stays_one(line: str) -> None:
    [(_, row)] = values("a.md", f"---\n{line}\n---\n{_BODY}")
    assert row["status"] == "draft"


@table(["---\n\n", "***\n", "", "Welcome: read this.\n", "---\nvisibility: public\n---\n"])
def test_other_beginnings_are_taken(front: str) -> None:
    [(_, row)] = values("a.md", front + _BODY)
    assert (row["question"], "audience" in row) == ("How much is it?", False)


def test_an_audience_may_be_talked_about() -> None:
    [(_, row), _] = values("a.md", "## Audience: who is it?\n\nAudience: all.\n" + _BODY)
    assert row["answer"] == "Audience: all."
