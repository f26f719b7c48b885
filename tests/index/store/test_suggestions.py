"""Picks become suggestions, and those phrasings: by the rule, or by an admin's word."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from index.store import Store
from index.store.types import (
    NewQuestion,
    Origin,
    PairDraft,
    QuestionState,
    Status,
    Suggestion,
    SuggestionState,
    Verdict,
)

VPN = PairDraft("kb", "vpn", "How do I connect to the VPN?", "Start Tunnel.")
WIFI = PairDraft("kb", "wifi", "What is the wifi password?", "At the desk.")
ASKED = "tunnel thing won't come up"


@pytest.fixture
def filled(store: Store) -> Store:
    store.pairs.upsert([VPN, WIFI])
    return store


def ask(store: Store, text: str = ASKED) -> str:
    """Ask a question; returns its id."""
    ts = f"{sum(store.inbox.count().values())}.0"
    store.inbox.add(NewQuestion("T1", "C1", ts, None, "U1", text, True))
    question = store.inbox.claim("w1")
    assert question is not None
    store.inbox.finish(question.id, QuestionState.OFFERED)
    return question.id


def pick(store: Store, user: str, pair: PairDraft = VPN, text: str = ASKED) -> int:
    """Somebody picks a pair for a question of their own; returns the suggestion's id."""
    found = store.feedback.record(ask(store, text), pair.id, user, Verdict.PICKED, wording=text)
    assert found is not None
    return found


def wordings(store: Store, pair: PairDraft = VPN) -> list[tuple[str, Origin]]:
    return [(p.text, p.origin) for p in store.pairs.get([pair.id])[pair.id].phrasings]


def waiting(store: Store) -> list[tuple[str, int]]:
    found = [(suggestion.text, suggestion.picks) for suggestion in store.suggestions.waiting()]
    assert store.suggestions.count_waiting() == len(found)
    return found


def state(found: Suggestion | None) -> SuggestionState:
    assert found is not None
    return found.state


def test_a_pick_is_a_suggestion_of_the_questions_text(filled: Store) -> None:
    suggestion_id = pick(filled, "U1", text=f"  {ASKED} \n")
    (found,) = filled.suggestions.waiting()
    assert (found.id, found.pair_id, found.text) == (suggestion_id, VPN.id, ASKED)
    assert (found.state, found.picks) == (SuggestionState.OPEN, 1)
    assert wordings(filled) == []


def test_the_same_text_asked_again_is_the_same_suggestion(filled: Store) -> None:
    first = pick(filled, "U1")
    assert pick(filled, "U2", text=f"{ASKED.upper()}") == first
    assert pick(filled, "U2") == first
    assert waiting(filled) == [(ASKED, 2)], "people are counted, not picks"
    assert pick(filled, "U3", WIFI) != first


def test_what_a_person_says_last_is_what_they_stand_behind(filled: Store) -> None:
    question = ask(filled)

    def say(pair: PairDraft | None, verdict: Verdict, wording: str | None = ASKED) -> None:
        pair_id = pair.id if pair else None
        filled.feedback.record(question, pair_id, "U1", verdict, wording=wording)

    say(VPN, Verdict.PICKED)
    say(WIFI, Verdict.PICKED)
    assert [found.pair_id for found in filled.suggestions.waiting()] == [WIFI.id]
    say(WIFI, Verdict.SOLVED)
    assert waiting(filled) == [(ASKED, 1)]
    say(None, Verdict.NOT_IT)
    assert waiting(filled) == []
    say(WIFI, Verdict.NOT_IT, None)
    assert waiting(filled) == []


@pytest.mark.parametrize("text", ["", "  \n", VPN.question.upper()])
def test_no_text_and_a_known_wording_suggest_nothing(filled: Store, text: str) -> None:
    question = ask(filled, "something else")
    suggested = filled.feedback.record(question, VPN.id, "U1", Verdict.PICKED, wording=text)
    assert suggested is None
    assert filled.feedback.tally(question)[Verdict.PICKED] == 1


def test_an_approved_suggestion_is_a_phrasing_once(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    before = filled.pairs.revision()
    for _ in range(2):
        found = filled.suggestions.approve(suggestion_id, "U9")
        assert state(found) is SuggestionState.APPROVED
        assert found is not None
        assert (found.decided_by, found.text) == ("U9", "")
    assert wordings(filled) == [(ASKED, Origin.PICK)]
    assert filled.pairs.revision() == before + 1
    assert waiting(filled) == []
    question = ask(filled)
    assert filled.feedback.record(question, VPN.id, "U2", Verdict.PICKED, wording=ASKED) is None


def test_several_who_approve_at_once_add_it_once(open_store: Callable[[], Store]) -> None:
    stores = [open_store() for _ in range(4)]
    stores[0].pairs.upsert([VPN])
    suggestion_id = pick(stores[0], "U1")
    before = stores[0].pairs.revision()
    with ThreadPoolExecutor(len(stores)) as pool:
        found = pool.map(lambda store: store.suggestions.approve(suggestion_id, "U9"), stores)
        assert {state(suggestion) for suggestion in found} == {SuggestionState.APPROVED}
    assert wordings(stores[0]) == [(ASKED, Origin.PICK)]
    assert stores[0].pairs.revision() == before + 1


def test_a_rejected_suggestion_is_not_offered_again(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    assert state(filled.suggestions.reject(suggestion_id, "U9")) is SuggestionState.REJECTED
    for user in ("U2", "U3"):
        assert pick(filled, user) == suggestion_id
    assert waiting(filled) == []
    for picks_needed in (0, 2):
        found = filled.suggestions.approve(suggestion_id, "rule", picks_needed=picks_needed)
        assert state(found) is SuggestionState.REJECTED
        assert found is not None
        assert found.text == ""
    assert wordings(filled) == []


def test_a_decision_is_not_taken_twice(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    filled.suggestions.approve(suggestion_id, "U9")
    assert state(filled.suggestions.reject(suggestion_id, "U9")) is SuggestionState.APPROVED
    assert filled.suggestions.approve(suggestion_id + 1, "U9") is None
    assert filled.suggestions.reject(suggestion_id + 1, "U9") is None


def test_the_rule_waits_for_enough_people(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    pick(filled, "U1")
    found = filled.suggestions.approve(suggestion_id, "rule", picks_needed=2)
    assert state(found) is SuggestionState.OPEN
    pick(filled, "U2")
    found = filled.suggestions.approve(suggestion_id, "rule", picks_needed=2)
    assert state(found) is SuggestionState.APPROVED
    assert wordings(filled) == [(ASKED, Origin.PICK)]


def test_what_people_disagree_on_is_left_to_an_admin(filled: Store) -> None:
    vpn = wifi = 0
    for user in ("U1", "U2"):
        vpn = pick(filled, user, VPN)
    for user in ("U3", "U4"):
        wifi = pick(filled, user, WIFI)
    for suggestion_id in (vpn, wifi):
        found = filled.suggestions.approve(suggestion_id, "rule", picks_needed=2)
        assert state(found) is SuggestionState.OPEN
    pick(filled, "U5", WIFI)
    found = filled.suggestions.approve(wifi, "rule", picks_needed=2)
    assert state(found) is SuggestionState.APPROVED
    for user in ("U6", "U7"):
        pick(filled, user, VPN)
    found = filled.suggestions.approve(vpn, "rule", picks_needed=2)
    assert state(found) is SuggestionState.OPEN, "it is the other's wording by now"
    assert state(filled.suggestions.approve(vpn, "U9")) is SuggestionState.APPROVED


def test_what_an_admin_rejected_is_no_rival(filled: Store) -> None:
    for user in ("U1", "U2", "U3"):
        rejected = pick(filled, user, WIFI)
    filled.suggestions.reject(rejected, "U9")
    for user in ("U4", "U5"):
        vpn = pick(filled, user, VPN)
    found = filled.suggestions.approve(vpn, "rule", picks_needed=2)
    assert state(found) is SuggestionState.APPROVED


def test_a_retired_answer_gets_no_phrasing(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    filled.pairs.set_status([VPN.id], Status.RETIRED)
    assert waiting(filled) == []
    assert state(filled.suggestions.approve(suggestion_id, "U9")) is SuggestionState.OPEN
    filled.pairs.set_status([VPN.id], Status.ACTIVE)
    assert state(filled.suggestions.approve(suggestion_id, "U9")) is SuggestionState.APPROVED


def test_most_picked_first(filled: Store) -> None:
    pick(filled, "U1", text="one")
    pick(filled, "U1", text="two")
    pick(filled, "U2", text="two")
    pick(filled, "U1", text="three")
    assert waiting(filled) == [("two", 2), ("one", 1), ("three", 1)]
    assert [s.text for s in filled.suggestions.waiting(2)] == ["two", "one"]


def test_forgotten_questions_take_their_open_suggestions_with_them(filled: Store) -> None:
    kept = pick(filled, "U1", text="kept")
    rejected = pick(filled, "U1", text="rejected")
    filled.suggestions.reject(rejected, "U9")
    gone = pick(filled, "U1", text="gone")
    store = filled.inbox
    # Asked again, by a question that is not finished: its text stays.
    store.add(NewQuestion("T1", "C1", "new", None, "U2", "kept", True))
    open_question = store.claim("w1")
    assert open_question is not None
    filled.feedback.record(open_question.id, VPN.id, "U2", Verdict.PICKED, wording="kept")

    assert store.expire_questions(timedelta()) == 3
    assert [s.id for s in filled.suggestions.waiting()] == [kept]
    assert filled.suggestions.approve(gone, "U9") is None
    assert state(filled.suggestions.approve(rejected, "U9")) is SuggestionState.REJECTED
    assert filled.feedback.tally()[Verdict.PICKED] == 4, "what people said stays"


def test_an_approved_one_is_taken_back_for_good(filled: Store) -> None:
    suggestion_id = pick(filled, "U1")
    assert state(filled.suggestions.approve(suggestion_id, "rule")) is SuggestionState.APPROVED
    assert [(one.id, text) for one, text in filled.suggestions.learnt()] == [(suggestion_id, ASKED)]
    before = filled.pairs.revision()
    for _ in range(2):  # the second changes nothing
        found = filled.suggestions.undo(suggestion_id, "UADMIN")
        assert found is not None
        assert (found.state, found.decided_by) == (SuggestionState.REJECTED, "UADMIN")
        assert wordings(filled) == []
        assert filled.pairs.revision() == before + 1, "the index follows"
    assert filled.suggestions.learnt() == []
    assert pick(filled, "U2") == suggestion_id
    assert waiting(filled) == [], "it is not suggested again"
    assert state(filled.suggestions.approve(suggestion_id, "rule")) is SuggestionState.REJECTED


def test_only_what_was_learnt_is_taken_back(filled: Store) -> None:
    first, second = pick(filled, "U1"), pick(filled, "U1", text="tunnel is shut")
    for suggestion_id in (first, second):
        filled.suggestions.approve(suggestion_id, "rule")
    filled.suggestions.undo(first, "UADMIN")
    assert wordings(filled) == [("tunnel is shut", Origin.PICK)]
    waits = pick(filled, "U1", WIFI)
    assert state(filled.suggestions.undo(waits, "UADMIN")) is SuggestionState.OPEN
    assert filled.suggestions.undo(99, "UADMIN") is None
