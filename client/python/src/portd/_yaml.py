"""The part of YAML that project files are written in. What is not surely understood is not guessed: Unsure."""

from __future__ import annotations

import json
import re
from typing import NoReturn, Union

DEEPEST = 32
NULLS = ("", "~", "null", "Null", "NULL")
Value = Union[None, str, "list[Value]", "dict[str, Value]"]


class Unsure(Exception):  # noqa: N818 - it is no error: somebody else may know
    """The text says something, but what is beyond this reader."""

    def __init__(self, line: int, what: str) -> None:
        """`line`: 0 where it is the meaning that is unsure, not the text."""
        self.line = line
        self.what = what
        super().__init__(f"{line}: {what}" if line else what)


class Refused(Unsure):
    """No project file has this: anchors, aliases, tags, a second document, a name twice."""


class Plain(str):
    """A scalar without quotes: `true` and `20100` mean more than their text."""

    __slots__ = ()

    @property
    def is_text(self) -> bool:
        """Whether every reader of YAML takes it for a text."""
        return _NO_TEXT.fullmatch(self) is None


# Words and numbers of https://yaml.org/type/, more generously; what begins like a number is left to others.
_NO_TEXT = re.compile(r"(?i)(?:y|n|yes|no|true|false|on|off|~|null|[-+]?\.(?:inf|nan)|[-+]?\.?[0-9].*)")
_SCALAR_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^\s,\[\]{}])")
_KEY = re.compile(
    r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s'"#&*!|>%@`,\[\]{}?:-][^\s:#'"{}\[\],]*))\s*:(?=\s|$)"""
)


def read_yaml(text: str) -> Value:
    """Maps, lists, texts (Plain where they have no quotes) and None. Raises Unsure, Refused."""
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not line.replace("\t", " ").isprintable():
            raise Unsure(number, "a control character")
        if line.startswith(("---", "...", "%")):
            raise Unsure(number, "a mark of documents or a directive")
        stripped = line.lstrip(" ")
        if not stripped.strip("\t") or stripped.startswith("#"):
            continue
        if stripped.startswith("\t"):
            raise Refused(number, "a tab as indentation; YAML takes spaces only")
        lines.append(_Line(number, len(line) - len(stripped), stripped))
    reader = _Reader(lines)
    value = reader.block(0, 0) if lines else None
    if not reader.at_end:
        reader.unsure("what follows the document")
    return value


class _Line:
    __slots__ = ("indent", "number", "text")

    def __init__(self, number: int, indent: int, text: str) -> None:
        self.number = number
        self.indent = indent
        self.text = text


class _Reader:
    """Reads lines without empty ones and comments. A line that begins a list's item becomes its rest."""

    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._lines)

    @property
    def _line(self) -> _Line:
        return self._lines[self._at]

    def unsure(self, what: str) -> NoReturn:
        raise Unsure(self._lines[min(self._at, len(self._lines) - 1)].number, what)

    def refuse(self, what: str) -> NoReturn:
        raise Refused(self._lines[min(self._at, len(self._lines) - 1)].number, what)

    def block(self, indent: int, depth: int) -> Value:
        """What begins at this line, which is indented by at least `indent`."""
        if depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} levels of nesting")
        line = self._line
        if line.indent < indent:
            self.unsure("the indentation")
        if line.text == "-" or line.text.startswith("- "):
            return self._list(line.indent, depth)
        if _KEY.match(line.text):
            return self._map(line.indent, depth)
        return self._rest(line.text, line.indent, depth)

    def _map(self, indent: int, depth: int) -> Value:
        found: dict[str, Value] = {}
        while not self.at_end and self._line.indent == indent:
            match = _KEY.match(self._line.text)
            if match is None:
                self._refuse_marks(self._line.text)
                self.unsure("a line that is no key")
            name = self._key_text(match)
            if name in found:
                self.refuse(f'"{name}" is there twice')
            rest = self._line.text[match.end() :].lstrip(" ")
            found[name] = self._value(rest, indent, depth)
        if not self.at_end and self._line.indent > indent:
            self.unsure("the indentation")
        return found

    def _list(self, indent: int, depth: int) -> Value:
        found: list[Value] = []
        while not self.at_end and self._line.indent == indent and self._is_item(self._line.text):
            rest = self._line.text[1:].lstrip(" ")
            if not rest or rest.startswith("#"):
                found.append(self._value("", indent, depth, in_list=True))
                continue
            # The item goes on at the column of its first word.
            self._lines[self._at] = _Line(self._line.number, indent + len(self._line.text) - len(rest), rest)
            found.append(self.block(indent + 1, depth + 1))
        if not self.at_end and self._line.indent > indent:
            self.unsure("the indentation")
        return found

    @staticmethod
    def _is_item(text: str) -> bool:
        return text == "-" or text.startswith("- ")

    def _value(self, rest: str, indent: int, depth: int, in_list: bool = False) -> Value:
        """What a key, or an item's dash, is followed by: on its line or below it."""
        if rest and not rest.startswith("#"):
            return self._rest(rest, indent, depth)
        self._at += 1
        if self.at_end:
            return None
        below = self._line
        # A map's list may stand as far left as its key.
        if below.indent > indent or (below.indent == indent and not in_list and self._is_item(below.text)):
            return self.block(below.indent, depth + 1)
        return None

    def _rest(self, rest: str, indent: int, depth: int) -> Value:
        """A scalar or a flow collection that begins here; the line after it is the next."""
        self._refuse_marks(rest)
        if rest[0] in "[{":
            value, rest = self._flow(rest, depth)
        elif rest[0] in "\"'":
            value, rest = self._quoted(rest)
        else:
            value, rest = self._plain(rest, r"(?::(?=\s|$)|\s#)")
        self._expect_end(rest)
        self._at += 1
        if not self.at_end and self._line.indent > indent:
            self.unsure("a value of several lines")
        return value

    def _expect_end(self, rest: str) -> None:
        after = rest.lstrip(" \t")
        if after and (after == rest or not after.startswith("#")):
            self.unsure("what follows a value")

    def _refuse_marks(self, text: str) -> None:
        if text.startswith("&"):
            self.refuse("anchors (&name) are not allowed; write the value out where it is used")
        if text.startswith("*"):
            self.refuse("aliases (*name) are not allowed; write the value out")
        if text.startswith("!"):
            self.refuse("tags (!name) are not allowed; leave it out")

    def _key_text(self, match: re.Match[str]) -> str:
        double, single, plain = match.groups()
        if double is not None:
            return self._unescaped(double)
        if single is not None:
            return single.replace("''", "'")
        if plain == "<<":
            self.unsure("a merge")
        return plain

    def _quoted(self, text: str) -> tuple[str, str]:
        pattern = r'"((?:[^"\\]|\\.)*)"' if text[0] == '"' else r"'((?:[^']|'')*)'"
        match = re.match(pattern, text)
        if match is None:
            self.unsure("a text in quotes that does not end on its line")
        inner = match.group(1)
        return (self._unescaped(inner) if text[0] == '"' else inner.replace("''", "'")), text[match.end() :]

    def _unescaped(self, inner: str) -> str:
        try:
            return str(json.loads(f'"{inner}"')) if "\\" in inner else inner
        except ValueError:
            self.unsure("an escape")

    def _plain(self, text: str, end: str) -> tuple[Value, str]:
        if not _SCALAR_START.match(text):
            self.unsure("what begins with a special character")
        match = re.search(end, text)
        whole = text if match is None else text[: match.start()]
        if match is not None and match.group().startswith(":"):
            self.unsure("a map within a line")
        word = Plain(whole.rstrip(" \t"))
        value = None if word in NULLS else word
        return value, text[len(whole) :]

    # --- flow collections, which may go on over lines

    def _flow(self, text: str, depth: int) -> tuple[Value, str]:
        if depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} levels of nesting")
        closing = "]" if text[0] == "[" else "}"
        items: list[Value] = []
        pairs: dict[str, Value] = {}
        text = self._more(text[1:])
        while not text.startswith(closing):
            if closing == "]":
                value, text = self._flow_value(text, depth)
                items.append(value)
            else:
                text = self._flow_pair(text, pairs, depth)
            text = self._more(text)
            if text.startswith(","):
                text = self._more(text[1:])
            elif not text.startswith(closing):
                self.unsure("what is between [] or {}")
        return (items if closing == "]" else pairs), text[1:]

    def _flow_pair(self, text: str, pairs: dict[str, Value], depth: int) -> str:
        self._refuse_marks(text)
        match = _KEY.match(text) or re.match(r"()()([^\s'\"#&*!|>%@`,\[\]{}?:-][^\s:#'\"{}\[\],]*)(?=\s*[,}])", text)
        if match is None:
            self.unsure("what is between {}")
        double, single, plain = match.groups()
        name = self._key_text(match) if double or single else plain
        if name is None or not name or name == "<<":
            self.unsure("a key between {}")
        if name in pairs:
            self.refuse(f'"{name}" is there twice')
        text = self._more(text[match.end() :])
        pairs[name] = None
        if match.group().endswith(":") and text[0] not in ",}":
            pairs[name], text = self._flow_value(text, depth)
        return text

    def _flow_value(self, text: str, depth: int) -> tuple[Value, str]:
        self._refuse_marks(text)
        if text[0] in "[{":
            return self._flow(text, depth + 1)
        if text[0] in "\"'":
            return self._quoted(text)
        return self._plain(text, r"[,\[\]{}]|:(?=[\s,\[\]{}]|$)|\s#")

    def _more(self, text: str) -> str:
        """The text from its next word on, from lines below if this one has none."""
        if text.startswith("#"):
            self.unsure("a # that nothing is left of")
        text = text.lstrip(" \t")
        while not text or text.startswith("#"):
            self._at += 1
            if self.at_end:
                self.unsure("[ or { that is not closed")
            text = self._line.text
        return text
