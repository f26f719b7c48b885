"""What a page does not show."""

from typing import Any

_HIDING = (
    "display:none",
    "visibility:hidden",
    "opacity:0;",
    "opacity:0.0;",
    "font-size:0;",
    "font-size:0px;",
    "mso-hide:all",
)


def is_hidden(element: Any) -> bool:
    """Whether a browser would not show an element, or show it to nobody who reads."""
    style = "".join((element.get("style") or "").lower().split()) + ";"
    classes = (element.get("class") or "").split()
    return (
        element.get("hidden") is not None
        or any(mark in style for mark in _HIDING)
        or (element.get("aria-hidden") or "").lower() == "true"
        or "d-none" in classes
        or "hidden" in classes
        or (element.tag == "input" and (element.get("type") or "").lower() == "hidden")
        or (element.tag == "dialog" and element.get("open") is None)
    )
