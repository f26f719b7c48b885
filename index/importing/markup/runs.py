"""Words with their style, written in the light Markdown that answers are stored in.

That Markdown has no escapes, and what shows it is strict about where its marks may stand. So
marks that it would not take for marks are left out, and none is ever seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

_LINKED = ("http://", "https://", "mailto:")
_UNSAFE = ("javascript:", "vbscript:", "data:", "blob:", "about:")


@dataclass(frozen=True, slots=True)
class Style:
    """How words are shown; `link` is their address, empty where they are none."""

    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one style."""

    text: str
    style: Style


def plain(runs: list[Run]) -> str:
    """Only the words."""
    return "".join(run.text for run in runs)


def written(runs: list[Run]) -> str:
    """The words with their marks."""
    groups = [
        (bold, "".join(_inner(list(found))))
        for bold, found in groupby(_merged(runs), lambda run: run.style.bold)
    ]
    out: list[str] = []
    for index, (bold, text) in enumerate(groups):
        after = groups[index + 1][1] if index + 1 < len(groups) else ""
        if not bold:
            out.append(text)
            continue
        lines = text.split("\n")
        for number, line in enumerate(lines):
            before = "\n" if number else _last(out)
            behind = "\n" if number + 1 < len(lines) else after[:1]
            out.append(("\n" if number else "") + _marked(line, "**", before, behind))
    return "".join(out)


def address(link: str) -> str:
    """An address that a stored link can hold, or nothing where it must not be followed."""
    link = "".join(link.split()) if ":" in link[:30] else link.strip()
    if link.startswith("//"):
        link = f"https:{link}"
    if link.lower().startswith(_UNSAFE):
        return ""
    return link


def is_followed(link: str) -> bool:
    """Whether an address is shown as a link."""
    return link.lower().startswith(_LINKED)


def _merged(runs: list[Run]) -> Iterator[Run]:
    for style, found in groupby(runs, lambda run: run.style):
        text = "".join(run.text for run in found)
        if text:
            # Blank words have no style but a link's.
            yield Run(text, style)


def _inner(runs: list[Run]) -> Iterator[str]:
    """Runs with every mark but bold."""
    for link, found in groupby(runs, lambda run: run.style.link):
        words = list(found)
        if not link:
            yield _spans(words)
            continue
        text = _spans([replace(run, style=replace(run.style, struck=False)) for run in words])
        core = " ".join(text.split())
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        yield f"{lead}{_link(core, link)}{trail}" if core else text


def _link(label: str, link: str) -> str:
    if link.startswith("#"):
        return label
    if not is_followed(link):
        bare = link.partition(":")[2] if link.lower().startswith("tel:") else link
        is_told = ":" in link.split("/")[0] and bare.strip("/") not in label
        return f"{label} ({bare})" if is_told else label
    if label in (link, link.removeprefix("https://"), link.removeprefix("http://")):
        return link if label == link or not link.startswith("mailto:") else label
    link = link.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace("`", "%60")
    if "(" in link or ")" in link:
        link = link.replace("(", "%28").replace(")", "%29")
    depth = 0
    for mark in label:
        depth += {"[": 1, "]": -1}.get(mark, 0)
        if not 0 <= depth <= 1:
            break
    return f"[{label}]({link})" if depth == 0 else f"{label} ({link})"


def _spans(runs: list[Run]) -> str:
    out: list[str] = []
    for index, run in enumerate(runs):
        text = run.text
        before = _last(out)
        behind = runs[index + 1].text[:1] if index + 1 < len(runs) else ""
        if run.style.code:
            text = _code(text)
        elif run.style.struck:
            text = _marked(text, "~", before, behind)
        elif run.style.italic:
            text = _marked(text, "_", before, behind)
        out.append(text)
    return "".join(out)


def _last(out: list[str]) -> str:
    return next((text[-1] for text in reversed(out) if text), "")


def _code(text: str) -> str:
    core = " ".join(text.split()) if "\n" in text else text
    if not core.strip():
        return core
    if "`" not in core:
        return f"`{core}`"
    ticks = "`"
    while ticks in core:
        ticks += "`"
    return f"{ticks} {core} {ticks}" if core[0] == "`" or core[-1] == "`" else ticks + core + ticks


def _marked(text: str, mark: str, before: str, after: str) -> str:
    """Words between marks where these are read as such, else the words alone."""
    core = text.strip()
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    before, after = lead[-1:] or before, trail[:1] or after
    is_read = (
        core
        and "\n" not in core
        and mark[0] not in (core[0], core[-1])
        and mark not in core
        and core[0] != "/"
        and core[-1] != "/"
        and _is_outer(before)
        and _is_outer(after)
    )
    return f"{lead}{mark}{core}{mark}{trail}" if is_read else text


def _is_outer(character: str) -> bool:
    return not (character.isascii() and character.isalnum()) and character not in tuple("_*/\\")
