"""An API over records that change while they are read, paged in every way."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.integration.connectors.http_api import JSON, Asked, Said

Record = dict[str, Any]


def records(count: int, *, ties: int = 1) -> list[Record]:
    return [{"id": number, "at": 100 + number // ties} for number in range(1, count + 1)]


@dataclass
class Shelf:
    """Records in an order of their own, given in pages.

    Attributes:
        rows: The records.
        size: Most records of a page, whatever is asked for.
        between: What happens to the records before each request, by its number from 1.
        total: What the API says there is in all; the truth when not set.
    """

    rows: list[Record]
    size: int = 3
    between: Callable[[list[Record], int], None] = lambda _, __: None
    total: int | None = None
    asked: int = field(default=0)

    def by_offset(self, asked: Asked) -> Said:
        self._turn()
        start = int(asked.query.get("offset", "0"))
        return self._page(start, int(asked.query.get("limit", self.size)))

    def by_page(self, asked: Asked) -> Said:
        self._turn()
        return self._page((int(asked.query.get("page", "1")) - 1) * self.size, self.size)

    def by_value(self, name: str, *, inclusive: bool) -> Callable[[Asked], Said]:
        def say(asked: Asked) -> Said:
            self._turn()
            after = int(asked.query.get("after", "0"))
            found = [
                row
                for row in self.rows
                if row[name] > after or (inclusive and row[name] == after)
            ]
            found.sort(key=lambda row: (row[name], row["id"]))
            return Said({"data": found[: self.size]})

        return say

    def by_link(self, asked: Asked) -> Said:
        self._turn()
        after = int(asked.query.get("p", "0"))
        found = [row for row in self.rows if row["id"] > after][: self.size]
        headers = dict(JSON)
        if found:
            headers["link"] = f'</items?p={found[-1]["id"]}>; rel="next"'
        return Said({"data": found}, headers=headers)

    def by_body(self, asked: Asked) -> Said:
        self._turn()
        page = json.loads(asked.body)["page"]
        start = int(page.get("token", "0"))
        found = self.rows[start : start + page["size"]]
        more = start + len(found) < len(self.rows)
        token = str(start + len(found)) if more else None
        return Said({"data": found, "page": {"token": token}})

    def _turn(self) -> None:
        self.asked += 1
        self.between(self.rows, self.asked)

    def _page(self, start: int, size: int) -> Said:
        found = self.rows[start : start + min(size, self.size)]
        total = len(self.rows) if self.total is None else self.total
        more = start + len(found) < len(self.rows)
        return Said({"data": found, "total": total, "more": more})
