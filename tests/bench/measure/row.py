"""A row of the table: what was to be reached and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    what: str
    reach: str
    measured: str
    met: bool | None  # None: only reported, nothing was to be reached
    command: str

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "missed", None: "-"}[self.met]


def table(rows: Sequence[Row]) -> str:
    """Markdown, aligned so that it reads well in a terminal too."""
    lines = [["what", "reach", "measured", "", "command"]]
    lines += [[row.what, row.reach, row.measured, row.verdict, f"`{row.command}`"] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
