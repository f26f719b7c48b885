"""Typos are mended towards the FAQ's words, and nothing else is touched."""

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.query.cleaning import read
from index.query.spelling import MAX_COMPARED, Speller, _turns, base_words
from tests.support.tables import table

FAQ = [
    "How do I reset my password?",
    "How do I connect to the VPN gateway?",
    "Where do I find my payslip?",
    "Which storage instances are available for Kubernetes?",
    "How do I change the currency of an exchange?",
    "the password must be changed every year",
]
ENGLISH = ["this", "from", "what", "have", "with", "about", "laptop", "coffee", "machine",
           "manage", "deliver", "broken", "please", "cannot", "when", "office", "does",
           "fail"]  # fmt: skip


@pytest.fixture
def speller() -> Speller:
    return Speller.of(FAQ, ENGLISH)


def corrected(speller: Speller, text: str) -> str:
    return speller.correct(text)[0]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how do I reset my pasword", "how do I reset my password"),  # a letter left out
        ("how do I reset my passwword?", "how do I reset my password?"),  # one too many
        ("how do I resst my password", "how do I reset my password"),  # a wrong one
        ("how do I rseet my password", "how do I reset my password"),  # two swapped
        ("the (gatewya) is down", "the (gateway) is down"),
        ("which storge instnaces do I have", "which storage instances do I have"),
        ("the kubernetse storage", "the kubernetes storage"),  # two in a long word
        ("Pasword reset", "Password reset"),
        ("my offfice and my laptpo", "my office and my laptop"),  # words of general English
        ("the coffee machihne is broken", "the coffee machine is broken"),
    ],
)
def test_a_misspelt_word_is_mended(speller: Speller, typed: str, meant: str) -> None:
    assert corrected(speller, typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "how do I reset my password?",
        "passwords are resetting, unchanged and reconnected",  # forms of known words
        "dont have what cant be changed",
        "the VPM is down",  # upper case may be a name
        "reset passw0rd in pass_word at /etc/paswd for pasword.txt and me@pasword.org",
        "open PasWord from the resetMenu",
        "the vpm of my cat",  # too short to tell
        "bpayslip7 gatewya2",
        "das Gerät findet keinen Drucker im Erdgeschoss",  # another language
        "xylophone lessons with a password",  # nothing like it is known
        "",
        "   ",
    ],
)
def test_other_words_are_left_alone(speller: Speller, text: str) -> None:
    assert speller.correct(text) == (text, ())


@table(
    [
        ("logan", "login"),  # known though no vocabulary has it
        ("backed", "backend"),
        ("backed", "backends"),
        ("email", "gmail"),
        ("moving", "mowing"),  # another letter
        ("reds", "redds"),  # short
        ("broken", "brokens"),  # a form of the word
        ("deliver", "delixer"),
        ("deliver", "xdeliver"),
    ],
)
def test_no_word_becomes_another_of_general_english(known: str, typed: str) -> None:
    speller = Speller.of(["where is my desk"], [known])
    assert corrected(speller, f"where is my {typed}") == f"where is my {typed}"


@table(
    [
        ("unsubscribe", "resubscribe"),
        ("undelete", "redelete"),
        ("deallocate", "reallocate"),
        ("abmelden", "anmelden"),
        ("inbound", "unbound"),
        ("disconnect", "reconnect"),
    ],
)
def test_a_word_never_becomes_its_opposite(known: str, typed: str) -> None:
    for speller in (Speller.of([f"where is my {known}"]), Speller.of(["where is my"], [known])):
        assert corrected(speller, f"where is my {typed}") == f"where is my {typed}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kubenretse", "kubernetes"),
        ("instnacs", "instances"),
        ("pyslp", "pyslp"),  # short
        ("bxchange", "exchange"),
        ("bxchangs", "bxchangs"),  # another first letter and one more
        ("curency", "currency"),
        ("curncy", "curncy"),
    ],
)
def test_two_typos_are_mended_in_long_words_of_the_faq_only(
    speller: Speller, typed: str, meant: str
) -> None:
    assert corrected(speller, f"how do I change the {typed}") == f"how do I change the {meant}"


def test_texts_of_one_message_look_for_a_word_once(speller: Speller) -> None:
    tried: dict[str, str] = {}
    assert speller.correct("reset my pasword and xylophone", tried=tried) == (
        "reset my password and xylophone",
        (("pasword", "password"),),
    )
    assert (tried["pasword"], tried["xylophone"]) == ("password", "xylophone")
    tried["xylophone"] = "payslip"
    assert speller.correct("where is my xylophone", tried=tried)[0] == "where is my payslip"


def test_the_words_of_the_faq_come_first() -> None:
    speller = Speller.of(["grant access to the portal"], ["postal", "portal", "porta"])
    assert corrected(speller, "where is the portl") == "where is the portal"


def test_the_faqs_more_frequent_word_comes_first() -> None:
    speller = Speller.of(["policy police policy policies policy"])
    assert corrected(speller, "the polics of the policy") != "the police of the policy"


def test_code_and_pastes_keep_their_spelling(speller: Speller) -> None:
    query = read("why does `reset pasword` fail with my pasword?\n```pasword error```", speller)
    assert query.text == "why does reset pasword fail with my pasword? pasword error"
    query = read("why does `rset gatewya` fail with my pasword?\n```pasword error```", speller)
    assert query.text == "why does rset gatewya fail with my password? pasword error"
    assert query.corrections == (("pasword", "password"),)


def test_words_learnt_count_at_once(speller: Speller) -> None:
    assert corrected(speller, "where is the canten now") == "where is the canten now"
    speller.learn(["When is the canteen open?"])
    assert corrected(speller, "where is the canten now") == "where is the canteen now"
    # A word of the team's own is right, however near it is to another.
    assert corrected(speller, "my pasword") == "my password"
    speller.learn(["Pasword is our password manager"])
    assert corrected(speller, "my pasword") == "my pasword"


def test_learning_and_correcting_go_on_at_once() -> None:
    speller = Speller.of(FAQ, ENGLISH)
    failures: list[Exception] = []

    def learn(start: int) -> None:
        for number in range(start, start + 200):
            speller.learn([f"word{'abcdefghij'[number % 10] * (number % 7 + 1)}"])

    def correct() -> None:
        try:
            for _ in range(200):
                assert corrected(speller, "how do I reset my pasword") == FAQ[0][
                    :-1
                ].lower().replace("how do i", "how do I")
        except Exception as error:  # reported by the test
            failures.append(error)

    threads = [threading.Thread(target=learn, args=(start,)) for start in (0, 1000)]
    threads += [threading.Thread(target=correct) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "vocabulary",
    [
        {"[PAD]": 0, "##ing": 1, "the": 2, "office": 3, "co-op": 4, "word7": 5},
        {"<s>": 0, "\u2581the": 1, "ing": 2, "\u2581office": 3},
        {"!": 0, "\u0120the": 1, "ing": 2, "\u0120office": 3},
    ],
)
def test_the_whole_words_of_a_tokenizer_are_known(vocabulary: dict[str, int]) -> None:
    assert base_words(vocabulary) == ["the", "office"]


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_up(count: int, seed: int, length: int = 9) -> list[str]:
    chosen = random.Random(seed)
    return ["".join(chosen.choices(LETTERS, k=length)) for _ in range(count)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many words were compared with one, each time."""
    counts: list[int] = []

    def count(word: str, words: Sequence[str], **more: Any) -> Any:
        counts.append(len(words))
        return extract(word, words, **more)

    extract = process.extract
    monkeypatch.setattr(process, "extract", count)
    return counts


@pytest.mark.parametrize("start", ["", "a"], ids=["any letter first", "the same letter first"])
def test_a_message_of_unknown_words_is_read_with_bounded_work(
    compared: list[int], start: str
) -> None:
    faq = [start + word for word in made_up(200_000, seed=1)]
    speller = Speller.of([" ".join(faq[n : n + 1000]) for n in range(0, len(faq), 1000)])
    # As many words are right, lest the whole is taken for another language.
    unknown = [word[:4] + word[5] + word[4] + word[6:] for word in faq[:100]]
    message = " ".join(f"{typo} {known}" for typo, known in zip(unknown, faq, strict=False))[:2_000]
    query = read(f"{message}? and {message}", speller)
    assert 0 < sum(compared) <= MAX_COMPARED
    assert start or query.corrections, "what is paid for is mended"


def test_a_few_typos_in_a_large_faq_are_all_mended(compared: list[int]) -> None:
    faq = made_up(200_000, seed=1)
    speller = Speller.of([*(" ".join(faq[n : n + 1000]) for n in range(0, len(faq), 1000)), *FAQ])
    query = read("how do I resett my pasword at the gatewya of the storge instnaces?", speller)
    assert [meant for _, meant in query.corrections] == [
        "reset", "password", "gateway", "storage", "instances",
    ]  # fmt: skip
    assert sum(compared) < MAX_COMPARED / 2


@given(st.data())
def test_every_word_of_the_faq_one_typo_away_is_looked_at(data: st.DataObject) -> None:
    known = data.draw(st.text("abc", min_size=5, max_size=7))
    word = data.draw(st.text("abc", min_size=5, max_size=8))
    speller = Speller.of([known])
    assume(word != known and speller.correct(word)[0] == word)
    assert OSA.distance(word, known) > 1 or speller._is_known(word) or _turns(word, known)


def test_a_large_faq_word_with_another_first_letter_is_found(speller: Speller) -> None:
    for typed in ("oassword", "apssword", "assword", "ppassword", "xpassword"):
        assert corrected(speller, f"how do I reset my {typed}") == "how do I reset my password"
