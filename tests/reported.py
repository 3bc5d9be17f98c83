"""A page of the report, read: its links, ids and tags, and the mails that lie in it."""

import json
import re
import zlib
from base64 import b64decode
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

_MAIL = re.compile(r'<details class="mail" id="m(\d+)" data-block="(\d+)" data-place="(\d+)">')
_BLOCK = re.compile(r'<template id="b(\d+)">([A-Za-z0-9+/=]*)</template>')


class Reported(HTMLParser):
    """One page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.html = path.read_text("utf-8")
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs
        self.links += [value for name in ("href", "src") if (value := values.get(name))]
        self.ids += [value for value in [values.get("id")] if value]

    @cached_property
    def mails(self) -> dict[int, str]:
        """The HTML of each mail in the page, by its number."""
        blocks = {
            number: json.loads(zlib.decompress(b64decode(data))) for number, data in _BLOCK.findall(self.html)
        }
        return {int(number): blocks[block][int(place)] for number, block, place in _MAIL.findall(self.html)}

    def broken_links(self) -> list[str]:
        """Return the links that lead to no file, or to no place in it."""
        pages = {self.path.resolve(): self}
        found = []
        for link in set(self.links):
            name, _, fragment = link.partition("#")
            path = (self.path.parent / name).resolve() if name else self.path.resolve()
            if not path.is_file():
                found.append(link)
            elif fragment:
                if path not in pages:
                    pages[path] = Reported(path)
                if fragment not in pages[path].ids:
                    found.append(link)
        return found
