"""What both search engines must do alike."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from index.engines import bm25
from index.engines.base import Collection, Engine, Hit, Lookup, Point, Retriever, Sparse
from index.errors import SearchIndexError
from index.store.visibility import Place

# The client's own in-memory engine says so for each collection.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")

QUESTION, ANSWER, BM25 = Retriever.QUESTION, Retriever.ANSWER, Retriever.BM25

MakePoint = Callable[..., Point]
MakeLookup = Callable[..., Lookup]


def entry(point: MakePoint, pair_id: str, *direction: float, **rest: object) -> list[Point]:
    """A pair's two points: its question, and its answer with the keywords."""
    return [
        point(pair_id, f"question of {pair_id}", *direction, **rest),
        point(pair_id, f"answer of {pair_id}", *direction, kind=ANSWER, **rest),
    ]


def pairs_of(hits: list[Hit]) -> list[str]:
    return [hit.pair_id for hit in hits]


def test_the_nearest_come_first_with_their_cosines(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(
        ["a", "b", "c"],
        [point("a", "a?", 1, 0), point("b", "b?", 1, 1), point("c", "c?", 0, 1)],
    )

    (hits,) = collection.search([lookup(QUESTION, 1, 0)], place=None)

    assert pairs_of(hits) == ["a", "b", "c"]
    assert [hit.text for hit in hits] == ["a?", "b?", "c?"]
    assert [hit.score for hit in hits] == pytest.approx([1, 0.7071, 0], abs=1e-4)


def test_writing_a_point_again_changes_nothing(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    points = entry(point, "a", 1, 0)
    collection.replace(["a"], points)
    before = collection.search([lookup(QUESTION, 1, 1)], place=None)

    collection.replace(["a"], points)

    assert collection.count() == 2
    assert collection.search([lookup(QUESTION, 1, 1)], place=None) == before


def test_a_pairs_stale_points_are_removed_and_no_others(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(["a"], [point("a", "old wording", 1), point("a", "kept wording", 0, 1)])
    collection.replace(["b"], [point("b", "another pair", 0, 0, 1)])

    collection.replace(["a"], [point("a", "kept wording", 0, 1), point("a", "new wording", 1, 1)])

    (hits,) = collection.search([lookup(QUESTION, 1, 0)], place=None)
    assert {hit.text for hit in hits} == {"kept wording", "new wording", "another pair"}


def test_a_changed_payload_replaces_the_old_one(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(["a"], entry(point, "a", 1, audience=("C1",)))

    collection.replace(["a"], entry(point, "a", 1, audience=("C2",)))

    assert collection.search([lookup(QUESTION, 1)], place=Place("C1")) == [[]]
    (hits,) = collection.search([lookup(QUESTION, 1)], place=Place("C2"))
    assert pairs_of(hits) == ["a"]


def test_a_pair_without_points_is_gone(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(["a", "b"], entry(point, "a", 1) + entry(point, "b", 1))

    collection.replace(["a"], [])

    assert collection.count() == 2
    for what in (lookup(QUESTION, 1), lookup(ANSWER, 1), lookup(BM25, "question answer")):
        (hits,) = collection.search([what], place=None)
        assert pairs_of(hits) == ["b"]


def test_removing_a_pair_that_is_not_there_does_nothing(
    collection: Collection, point: MakePoint
) -> None:
    collection.replace(["a"], entry(point, "a", 1))

    collection.replace(["x"], [])
    collection.replace([], [])

    assert collection.count() == 2


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        (None, {"all", "one", "two", "marked"}),
        (Place("C1"), {"all", "one", "two", "marked"}),
        (Place("C2"), {"all", "two"}),
        (Place("C3"), {"all"}),
        (Place("C1", outside=True), {"marked"}),
        (Place("C2", outside=True), set()),
    ],
)
@pytest.mark.parametrize("retriever", Retriever)
def test_each_retriever_keeps_to_the_audience(
    collection: Collection,
    point: MakePoint,
    lookup: MakeLookup,
    retriever: Retriever,
    place: Place | None,
    seen: set[str],
) -> None:
    collection.replace(
        ["all", "one", "two", "marked"],
        entry(point, "all", 1)
        + entry(point, "one", 1, audience=("C1",))
        + entry(point, "two", 1, audience=("C1", "C2"))
        + entry(point, "marked", 1, audience=("C1", "outsiders")),
    )
    what = lookup(BM25, "answer") if retriever is BM25 else lookup(retriever, 1)

    (hits,) = collection.search([what], place=place)

    assert {hit.pair_id for hit in hits} == seen


@pytest.mark.parametrize("retriever", Retriever)
def test_each_retriever_keeps_to_the_status(
    collection: Collection, point: MakePoint, lookup: MakeLookup, retriever: Retriever
) -> None:
    collection.replace(
        ["live", "draft"], entry(point, "live", 1) + entry(point, "draft", 1, status="draft")
    )
    what = lookup(BM25, "answer") if retriever is BM25 else lookup(retriever, 1)

    (hits,) = collection.search([what], place=None)
    (drafts,) = collection.search([what], place=None, status="draft")

    assert pairs_of(hits) == ["live"]
    assert pairs_of(drafts) == ["draft"]


def test_a_batch_is_answered_in_its_order(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(["a", "b"], entry(point, "a", 1, 0) + entry(point, "b", 0, 1))

    found = collection.search(
        [
            lookup(ANSWER, 0, 1, limit=1),
            lookup(QUESTION, 1, 0, limit=1),
            lookup(BM25, "b"),
            lookup(QUESTION, 0, 1, limit=2),
        ],
        place=None,
    )

    assert [pairs_of(hits) for hits in found] == [["b"], ["a"], ["b"], ["b", "a"]]


def test_the_limit_is_kept(collection: Collection, point: MakePoint, lookup: MakeLookup) -> None:
    collection.replace(
        [str(i) for i in range(30)], [point(str(i), f"{i}?", 1, i / 100) for i in range(30)]
    )

    one, seven, all_of_them = collection.search(
        [lookup(QUESTION, 1, limit=1), lookup(QUESTION, 1, limit=7), lookup(QUESTION, 1, limit=99)],
        place=None,
    )

    assert pairs_of(one) == ["0"]
    assert pairs_of(seven) == [str(i) for i in range(7)]
    assert len(all_of_them) == 30


def test_bm25_finds_an_error_code(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    texts = {
        "a": "The device reports error 0x80070005 while it is updating",
        "b": "The device reports error 0x80070057 while it is updating",
        "c": "The device is updating for a long time",
    }
    collection.replace(
        list(texts),
        [point(key, text, 1, kind=ANSWER, keywords=text) for key, text in texts.items()],
    )

    (hits,) = collection.search([lookup(BM25, "what does 0x80070057 mean")], place=None)

    assert pairs_of(hits) == ["b"]
    assert hits[0].score > 0


def test_a_rare_word_weighs_more_than_a_common_one(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    texts = {f"common{i}": "printer offline" for i in range(10)} | {"rare": "printer jammed"}
    collection.replace(
        list(texts),
        [point(key, text, 1, kind=ANSWER, keywords=text) for key, text in texts.items()],
    )

    (hits,) = collection.search([lookup(BM25, "printer jammed", limit=20)], place=None)

    assert hits[0].pair_id == "rare"
    assert hits[0].score > 2 * hits[1].score


def test_a_point_is_found_only_by_the_vectors_it_has(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    collection.replace(["q"], [point("q", "a question alone", 1)])
    collection.replace(["a"], [point("a", "an answer alone", 1, kind=ANSWER)])

    found = collection.search(
        [lookup(QUESTION, 1), lookup(ANSWER, 1), lookup(BM25, "question answer alone")],
        place=None,
    )

    assert [pairs_of(hits) for hits in found] == [["q"], ["a"], ["a"]]


def test_an_empty_collection_finds_nothing(collection: Collection, lookup: MakeLookup) -> None:
    assert collection.count() == 0
    found = collection.search(
        [lookup(QUESTION, 1), lookup(ANSWER, 1), lookup(BM25, "anything")], place=Place("C1")
    )
    assert found == [[], [], []]


def test_no_lookups_and_no_terms_find_nothing(collection: Collection, point: MakePoint) -> None:
    collection.replace(["a"], entry(point, "a", 1))

    assert collection.search([], place=None) == []
    assert collection.search([Lookup(BM25, Sparse([], []), 5)], place=None) == [[]]


def test_texts_come_back_as_they_went_in(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    text = 'Grüße, 日本語 🙂 \u200f"quoted" \\ \n\t end' * 50
    collection.replace(["ключ"], [point("ключ", text, 1, audience=("C-ü",))])

    (hits,) = collection.search([lookup(QUESTION, 1)], place=Place("C-ü"))

    assert [(hit.pair_id, hit.text) for hit in hits] == [("ключ", text)]


def test_searching_goes_on_while_another_thread_writes(
    collection: Collection,
    point: MakePoint,
    lookup: MakeLookup,
    request: pytest.FixtureRequest,
) -> None:
    if request.node.callspec.params["engine"] == "memory":
        pytest.skip("the client's own in-memory engine is for one thread")
    collection.replace(["always"], entry(point, "always", 1))
    writing = threading.Event()

    def write() -> None:
        for turn in range(40):
            collection.replace(
                [f"pair{turn % 5}"], entry(point, f"pair{turn % 5}", 1, turn / 100 + 0.1)
            )
            # Its wording changes, and it is to be found at every moment.
            collection.replace(
                ["always"], [point("always", f"wording {turn}", 1), *entry(point, "always", 1)]
            )
        writing.set()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        searches = 0
        while not writing.is_set() or searches < 10:
            found = collection.search(
                [lookup(QUESTION, 1), lookup(ANSWER, 1), lookup(BM25, "answer of always")],
                place=Place("C1"),
            )
            assert all("always" in pairs_of(hits) for hits in found)
            searches += 1
            if writer.done():
                writer.result()
                break
    assert collection.count() == 2 * 6 + 1


def test_a_written_point_is_found_at_once(
    collection: Collection, point: MakePoint, lookup: MakeLookup
) -> None:
    for i in range(20):
        collection.replace([str(i)], [point(str(i), f"{i}?", i + 1, 20 - i)])
        (hits,) = collection.search([lookup(QUESTION, i + 1, 20 - i, limit=1)], place=None)
        assert pairs_of(hits) == [str(i)]


def test_a_collection_can_be_closed_and_opened(
    engine: Engine, name: str, point: MakePoint, lookup: MakeLookup
) -> None:
    made = engine.create(name, 4)
    made.replace(["a"], entry(point, "a", 1))
    made.flush()
    made.close()

    opened = engine.open(name)

    assert (opened.name, opened.count()) == (name, 2)
    (hits,) = opened.search([lookup(BM25, "answer")], place=None)
    assert pairs_of(hits) == ["a"]
    opened.close()


def test_a_collection_exists_until_it_is_dropped(engine: Engine, name: str) -> None:
    assert not engine.exists(name)
    engine.create(name, 4).close()
    assert engine.exists(name)

    engine.drop(name)

    assert not engine.exists(name)
    engine.drop(name)
    engine.create(name, 4).close()
    assert engine.open(name).count() == 0


def test_a_missing_collection_is_one_clear_line(engine: Engine, name: str) -> None:
    with pytest.raises(SearchIndexError, match="faqbot init") as raised:
        engine.open(name)

    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_collection_is_not_made_over_another(engine: Engine, name: str, point: MakePoint) -> None:
    made = engine.create(name, 4)
    made.replace(["a"], entry(point, "a", 1))
    made.close()

    with pytest.raises(SearchIndexError):
        engine.create(name, 4)

    assert engine.open(name).count() == 2


def test_a_vector_of_another_model_is_refused(collection: Collection, point: MakePoint) -> None:
    wrong = Point("0" * 32, "a", {QUESTION: np.ones(3, dtype=np.float32)}, "a?", ("*",), "active")

    with pytest.raises(SearchIndexError) as raised:
        collection.replace(["a"], [wrong])

    assert "\n" not in str(raised.value)
    assert collection.count() == 0


def test_stop_words_alone_have_no_terms() -> None:
    assert bm25.query("what is the").indices == []
    assert bm25.query("🙂 ...").indices == []


def test_a_question_and_a_text_share_their_terms() -> None:
    shared = set(bm25.query("resetting passwords").indices)

    assert shared == set(bm25.document("Reset your PASSWORD").indices)


def test_the_collections_of_generations_are_listed(engine: Engine) -> None:
    name = f"faq-{uuid.uuid4().hex[:12]}"
    before = engine.names()
    engine.create(name, 4).close()
    try:
        assert engine.names() == sorted([*before, name])
    finally:
        engine.drop(name)
    assert engine.names() == before
