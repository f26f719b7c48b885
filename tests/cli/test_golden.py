"""`faqbot golden`."""

import json
from pathlib import Path

import pytest

from index.store import Store
from index.store.types import PairDraft, Status
from tests.cli.outcomes import Run, refusal


def test_a_question_is_pinned_to_a_pair_listed_and_removed(run: Run, store: Store) -> None:
    pair = PairDraft("kb", "1", "How?", "So.").id
    added = run("golden", "add", "how is it done?", "--pair", pair)
    assert (added.code, added.out) == (0, "Golden question 1 is pinned.\n")
    assert "So." in added.err
    by_name = run("golden", "add", "and why?", "--source", "kb", "--external-id", "2")
    assert by_name.code == 0
    first, second = json.loads(run("golden", "list", "--json").out)
    assert (first["question"], first["pair_id"]) == ("how is it done?", pair)
    assert (second["source"], second["external_id"]) == ("kb", "2")
    assert second["created_by"] == "command line"
    assert "how is it done?" in run("golden", "list").out
    assert run("golden", "remove", "1").code == 0
    assert "there is no golden question 1" in refusal(run("golden", "remove", "1"))
    assert len(store.golden.all()) == 1


def test_everything_said_of_golden_questions_can_be_had_as_json(run: Run, store: Store) -> None:
    pair = PairDraft("kb", "1", "How?", "So.").id
    add = ("golden", "add", "how is it done?", "--pair", pair, "--json")
    added, again = (json.loads(run(*add).out) for _ in range(2))
    assert (added["id"], added["pair_id"], added["is_new"]) == (1, pair, True)
    assert again == added | {"is_new": False}
    assert json.loads(run("golden", "--json").out) == json.loads(
        run("golden", "list", "--json").out
    )
    assert "how is it done?" in run("golden").out
    assert json.loads(run("golden", "remove", "1", "--json").out) == {"removed": 1}


def test_pinning_again_changes_nothing(run: Run, store: Store) -> None:
    one, two = (PairDraft("kb", name, "", "").id for name in ("1", "2"))
    run("golden", "add", "how is it done?", "--pair", one)
    again = run("golden", "add", "HOW is it done?", "--pair", one)
    assert (again.code, again.out) == (0, "Golden question 1 is there already.\n")
    other = run("golden", "add", "how is it done?", "--pair", two)
    assert "first run `faqbot golden remove 1`" in other.err
    assert other.code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["how?"], "add --yes, or name the pair with --pair"),
        (["  ", "--yes"], "the question is empty"),
        (["how?", "--pair", "nonsense"], "there is no pair nonsense"),
        (["how?", "--source", "kb"], "give both"),
        (["how?", "--source", "kb", "--external-id", "9"], "there is no pair "),
        (["how?", "--pair", "x", "--source", "kb", "--external-id", "1"], "not both"),
    ],
)
def test_what_cannot_be_pinned_is_said_in_one_line(
    run: Run, store: Store, words: list[str], said: str
) -> None:
    assert said in refusal(run("golden", "add", *words))
    assert store.golden.all() == []


def test_a_retired_pair_is_not_pinned_to(run: Run, store: Store) -> None:
    draft = PairDraft("kb", "3", "When?", "Then.", status=Status.RETIRED)
    store.pairs.upsert([draft])
    assert "only an active pair" in refusal(run("golden", "add", "when?", "--pair", draft.id))


def test_what_the_bot_answers_now_is_pinned_and_checked(
    run: Run, data_dir: Path, faq: Path
) -> None:
    assert run("golden", "check").code == 0, "there are none yet"
    run("import", faq)
    added = run("golden", "add", "vpn keeps disconnecting", "--yes")
    assert added.code == 0
    assert "Update it:" in added.err, "the admin sees what is pinned"
    nonsense = run("golden", "add", "purple elephants dance", "--yes")
    assert "the bot would not answer this question now" in refusal(nonsense)
    right = run("golden", "check")
    assert right.code == 0
    assert "1 of 1 golden question is answered right." in right.out

    run("golden", "add", "add a signature to my mail", "--source", "faq", "--external-id", "code")
    wrong = run("golden", "check", "--json")
    assert wrong.code == 1
    checked = json.loads(wrong.out)
    assert [question["right"] for question in checked] == [True, False]
    assert run("golden", "check").code == 1


def test_a_golden_question_of_a_retired_pair_proves_nothing(
    run: Run, data_dir: Path, faq: Path
) -> None:
    run("import", faq)
    run("golden", "add", "what is 0x80070057?", "--source", "faq", "--external-id", "code")
    faq.write_text(faq.read_text("utf-8").split("\n")[0] + "\n", "utf-8")
    run("import", faq, "--sync")
    checked = run("golden", "check")
    assert checked.code == 0
    assert "1 left out, whose pairs are not active" in checked.out
    assert "(retired)" in run("golden", "list").out
