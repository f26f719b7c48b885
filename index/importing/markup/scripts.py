"""Raised and lowered characters, which plain text must not join to the number before them."""

_ABOVE = dict(zip("0123456789+-\u2212=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
_BELOW = dict(zip("0123456789+-\u2212=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
_ENDINGS = frozenset(
    "st nd rd th er re e è ère ème o a os as tm sm ® ™ © * ** † ‡".split(),  # noqa: SIM905
)


def raised(text: str, *, is_above: bool, before: str) -> str:
    """Text of a superscript or subscript, beside what stands before it.

    Args:
        text: What is raised or lowered.
        is_above: Whether it is a superscript.
        before: The character in front of it; empty for none.
    """
    if not text or not before or before.isspace():
        return text
    shapes = _ABOVE if is_above else _BELOW
    if all(mark in shapes for mark in text):
        return "".join(shapes[mark] for mark in text)
    if text.lower() in _ENDINGS or not text[0].isalnum() or not before.isalnum():
        return text
    if text.isalpha() and not before.isdigit() and len(text) > 1:
        return f"{'^' if is_above else '_'}{text}"
    mark = "^" if is_above else "_"
    return f"{mark}{text}" if text.isalnum() else f"{mark}({text})"
