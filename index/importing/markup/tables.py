"""Tables: each value under its own heading."""

from collections.abc import Callable
from typing import Any

from index.importing.markup.hidden import is_hidden
from index.importing.markup.runs import Style

# Writes the content of an element in a style, a text a block.
Render = Callable[[Any, Style], list[str]]

_MAX_SPAN = 50


def table(element: Any, render: Render, style: Style, *, is_plain: bool) -> list[str]:
    """The blocks that a table is written as.

    One of short cells is a Markdown table. One whose cells hold lists, code or tables is written
    a row after the other, each value behind its heading.
    """
    rows, has_header, captions = _grid(element, render, style)
    if not rows:
        return captions
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    if is_plain:
        return captions + [" ".join(filter(None, row)) for row in rows]
    if all(_is_short(cell) for row in rows for cell in row):
        lines = [f"| {' | '.join(row)} |" for row in rows]
        if has_header:
            lines.insert(1, f"|{' --- |' * width}")
        return [*captions, "\n".join(lines)]
    if not has_header:
        return captions + ["\n".join(filter(None, row)) for row in rows]
    header, *records = rows
    return captions + ["\n".join(_record(header, row)) for row in records]


def _record(header: list[str], row: list[str]) -> list[str]:
    lines: list[str] = []
    for name, cell in zip(header, row, strict=True):
        name = " ".join(name.replace("**", "").split())
        label = f"**{name}:**" if name else ""
        if cell:
            lines.append(f"{label}\n{cell}" if "\n" in cell else f"{label} {cell}".strip())
    return lines or [" ".join(filter(None, header))]


def _is_short(cell: str) -> bool:
    return "\n" not in cell and "|" not in cell and "```" not in cell


def _grid(element: Any, render: Render, style: Style) -> tuple[list[list[str]], bool, list[str]]:
    """The cells, whether the first row names the columns, and the caption."""
    rows: list[list[str]] = []
    captions: list[str] = []
    has_header = False
    below: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, text
    for row in _rows_of(element, render, captions, style):
        cells: list[str] = []
        found = [cell for cell in row if cell.tag in ("td", "th") and not is_hidden(cell)]
        for cell in found:
            while (held := below.get(len(cells))) is not None and held[0] > 0:
                below[len(cells)] = (held[0] - 1, held[1])
                cells.append(held[1])
            is_name = cell.tag == "th" and not rows
            blocks = render(cell, Style() if is_name else style)
            text = "\n".join(blocks)
            span, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for number in range(span):
                shown = text if number == 0 or is_name else ""
                if down > 1:
                    below[len(cells)] = (down - 1, shown)
                cells.append(shown)
        while (held := below.get(len(cells))) is not None and held[0] > 0:
            below[len(cells)] = (held[0] - 1, held[1])
            cells.append(held[1])
        if not any(cells):
            continue
        if not rows:
            in_head = row.getparent() is not None and row.getparent().tag == "thead"
            has_header = in_head or all(cell.tag == "th" for cell in found)
        rows.append(cells)
    return rows, has_header and len(rows) > 1, captions


def _rows_of(element: Any, render: Render, captions: list[str], style: Style) -> list[Any]:
    """The rows of a table but of no table inside it; other content goes to `captions`."""
    rows: list[Any] = []
    for child in element:
        if not isinstance(child.tag, str) or is_hidden(child):
            continue
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in ("thead", "tbody", "tfoot"):
            rows += [r for r in child if r.tag == "tr" and not is_hidden(r)]
        elif child.tag not in ("col", "colgroup"):
            captions += render(child, style)
    return rows


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isdecimal() and len(value) < 6 else 1
