"""A further wording of a pair, as people bring it: picked by one, approved by another."""

import uuid

from index.store import Store
from index.store.types import NewQuestion, QuestionState, SuggestionState, Verdict


def add_picked_wording(store: Store, pair_id: str, text: str) -> bool:
    """Ask, pick and approve; returns whether the pair has a wording that it had not before."""
    ts = str(uuid.uuid4().int)
    store.inbox.add(NewQuestion("T1", "C1", ts, None, "U1", text, False))
    received = store.inbox.latest(QuestionState.RECEIVED, 1000)
    question = next(question for question in received if question.ts == ts)
    suggestion = store.feedback.record(question.id, pair_id, "U1", Verdict.PICKED, wording=text)
    if suggestion is None:
        return False
    settled = store.suggestions.approve(suggestion, "UADMIN")
    return settled is not None and settled.state is SuggestionState.APPROVED
