"""Questions with noise: always the same, never the question itself."""

import subprocess
import sys

from train.ranker.augmentation import augmented
from train.ranker.out_of_scope import OUT_OF_SCOPE

TEXTS = [f"How do I reset password number {i} of the mail server?" for i in range(50)]


def test_noise_is_the_same_in_every_process() -> None:
    code = (
        f"from train.ranker.augmentation import augmented; print([augmented(t) for t in {TEXTS!r}])"
    )

    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert other.strip() == repr([augmented(text) for text in TEXTS])


def test_noise_changes_every_question_and_leaves_something_of_it() -> None:
    for text in [*TEXTS, "VPN", "x", "how do I", "what is it?", "Où est la clé ?"]:
        changed = augmented(text)
        assert changed not in ("", text)
        assert "\n" not in changed
    kept = [len(set(augmented(t).lower().split()) & set(t.lower().split())) for t in TEXTS]
    assert min(kept) >= 3


def test_noise_is_of_several_kinds() -> None:
    changed = [augmented(text) for text in TEXTS]

    assert any(len(c) < len(t) - 8 for c, t in zip(changed, TEXTS, strict=True)), "words left out"
    assert any(len(c) > len(t) + 8 for c, t in zip(changed, TEXTS, strict=True)), "fillers around"
    assert any(len(c.split()) == len(t.split()) for c, t in zip(changed, TEXTS, strict=True))


def test_out_of_scope_talk_is_said_once() -> None:
    assert len({text.casefold() for text in OUT_OF_SCOPE}) == len(OUT_OF_SCOPE) >= 40
