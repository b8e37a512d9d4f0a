"""The ERP: a SQLite database of twenty years' habits, and what one day changes in it."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from landbridge.demo.company.materials import erp_code, in_use, is_unpriced, material
from landbridge.demo.company.scale import FIRST_DAY, Scale, day_of, dice, due, moment
from landbridge.demo.company.words import CITIES, DEPARTMENTS, cents, firm

NEGATIVE_EVERY, WORDY_EVERY, UNKNOWN_EVERY = 1_201, 1_901, 1_409
"""One order line in so many has a negative, a wordy quantity, an unknown material."""

UNKNOWN_MATERIAL = 9_000
"""Order lines that name a material nobody knows name one above this number."""

_SCHEMA = """
CREATE TABLE departments (
    id INTEGER PRIMARY KEY,
    "部门名称" TEXT NOT NULL
);
CREATE TABLE materials (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    unit TEXT NOT NULL,
    price TEXT,
    updated_at TEXT NOT NULL
);
CREATE TABLE suppliers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    city TEXT,
    tax_no TEXT,
    updated_at TEXT NOT NULL
);
CREATE TABLE sales_orders (
    order_no TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    department_id INTEGER NOT NULL REFERENCES departments (id),
    ordered_on TEXT NOT NULL,
    status TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE order_lines (
    order_no TEXT NOT NULL REFERENCES sales_orders (order_no),
    line_no INTEGER NOT NULL,
    material_code TEXT NOT NULL,
    quantity NUMERIC NOT NULL,
    unit_price TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (order_no, line_no)
);
CREATE INDEX materials_changed ON materials (updated_at);
CREATE INDEX sales_orders_changed ON sales_orders (updated_at);
CREATE INDEX order_lines_changed ON order_lines (updated_at);
"""

_PLANTED = {
    "text where a quantity should stand": "typeof(quantity) = 'text'",
    "a quantity of zero or less": "typeof(quantity) <> 'text' AND quantity <= 0",
    "a material nobody knows": "material_code NOT IN (SELECT code FROM materials)",
}


@dataclass(frozen=True, slots=True)
class Erp:
    """The ERP's database file. The day it stands at is the file's own `user_version`.

    A day's changes and its number are one transaction: a demo killed half-way through an
    advance finds the day either whole or not begun.
    """

    path: Path
    seed: int
    scale: Scale

    def build(self) -> None:
        """Write the database as it stands on the first day, replacing a half-built one.

        The file takes its name only when it is complete.
        """
        building = self.path.with_suffix(".building")
        building.unlink(missing_ok=True)
        with closing(sqlite3.connect(building)) as database, database:
            database.executescript(_SCHEMA)
            self._insert_masters(database)
            roll = dice(self.seed, "erp", "orders")
            orders = self.scale.orders
            days = [FIRST_DAY - 365 + (index + 1) * 365 // orders for index in range(orders)]
            self._insert_orders(database, roll, days)
            database.execute(f"PRAGMA user_version = {FIRST_DAY}")
        building.replace(self.path)

    def day(self) -> int:
        """Return the day the database stands at."""
        with closing(sqlite3.connect(self.path)) as database:
            return _number(database, "PRAGMA user_version")

    def live(self, day: int) -> None:
        """Apply what happened on `day`: new and repriced materials, orders, corrections."""
        roll = dice(self.seed, "erp", day)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("BEGIN IMMEDIATE")
            self._correct_lines(database, roll, day)
            self._reprice(database, roll, day)
            self._add_materials(database, roll, day)
            self._progress(database, roll, day)
            known = _number(database, "SELECT max(rowid) FROM order_lines")
            fresh = self.scale.share(self.scale.orders, 100)
            self._insert_orders(database, roll, [day] * fresh)
            _return_goods(database, known)
            database.execute(f"PRAGMA user_version = {day}")

    def newest(self, table: str) -> str:
        """Return when a row of a table was last touched."""
        with closing(sqlite3.connect(self.path)) as database:
            found = database.execute(f'SELECT max(updated_at) FROM "{table}"')  # noqa: S608  our own tables
            return str(found.fetchone()[0])

    def rows(self) -> int:
        """Count the rows of all tables."""
        with closing(sqlite3.connect(self.path)) as database:
            return sum(
                _number(database, f'SELECT count(*) FROM "{table}"')  # noqa: S608  our own tables
                for (table,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                ).fetchall()
            )

    def planted(self, since: str = "") -> dict[str, int]:
        """Count the order lines no honest target should take, by what is wrong with them.

        Args:
            since: Count only lines touched at this moment or later; all when empty.
        """
        with closing(sqlite3.connect(self.path)) as database:
            return {
                reason: _number(
                    database,
                    f"SELECT count(*) FROM order_lines WHERE {wrong} AND updated_at >= ?",  # noqa: S608  our own text
                    since,
                )
                for reason, wrong in _PLANTED.items()
            }

    def unpriced(self, since: str = "") -> int:
        """Count the materials with a word for a price, touched at `since` or later."""
        with closing(sqlite3.connect(self.path)) as database:
            rows = database.execute(
                "SELECT code FROM materials WHERE updated_at >= ?", (since,)
            ).fetchall()
        return sum(is_unpriced(int(code.removeprefix("MAT-"))) for (code,) in rows)

    def _insert_masters(self, database: sqlite3.Connection) -> None:
        roll = dice(self.seed, "erp", "masters")
        database.executemany(
            "INSERT INTO departments VALUES (?, ?)", enumerate(DEPARTMENTS, start=1)
        )
        database.executemany(
            "INSERT INTO suppliers VALUES (?, ?, ?, ?, ?)",
            [
                (
                    number,
                    firm(roll),
                    roll.choice(CITIES),
                    f"9131{roll.randrange(10**11):011}{roll.choice('ABCDX')}",
                    moment(roll, roll.randrange(-300, FIRST_DAY)),
                )
                for number in range(1, self.scale.suppliers + 1)
            ],
        )
        numbers = range(1, self.scale.materials + 1)
        self._insert_materials(
            database,
            [(number, moment(roll, roll.randrange(-300, FIRST_DAY))) for number in numbers],
        )

    def _insert_materials(
        self, database: sqlite3.Connection, entries: list[tuple[int, str]]
    ) -> None:
        rows: list[tuple[str, str, str, str, str, str]] = []
        for number, when in entries:
            one = material(self.seed, number)
            rows.append((one.code, one.name, one.category, one.unit, one.price, when))
        database.executemany("INSERT INTO materials VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _insert_orders(
        self, database: sqlite3.Connection, roll: random.Random, days: list[int]
    ) -> None:
        first = _number(database, "SELECT count(*) FROM sales_orders") + 1
        materials = _number(database, "SELECT count(*) FROM materials")
        lines = _number(database, "SELECT count(*) FROM order_lines")
        orders: list[tuple[str | int, ...]] = []
        details: list[tuple[str | int, ...]] = []
        for number, day in enumerate(days, start=first):
            when = moment(roll, day)
            order_no = f"SO{number:07}"
            customer = f"C-{roll.randrange(self.scale.customers) + 1:06}"
            status = "N" if day > FIRST_DAY - 5 else roll.choice("CSSSSX")
            department = roll.randrange(1, 4)
            orders.append((order_no, customer, department, str(day_of(day)), status, when))
            for line_no in range(1, roll.choice((1, 2, 3, 3, 4, 5)) + 1):
                lines += 1
                details.append((order_no, line_no, *_line(roll, lines, materials), when))
        database.executemany("INSERT INTO sales_orders VALUES (?, ?, ?, ?, ?, ?)", orders)
        database.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?)", details)

    def _correct_lines(
        self, database: sqlite3.Connection, roll: random.Random, day: int
    ) -> None:
        for key in _keys(
            database,
            "SELECT order_no, line_no FROM order_lines WHERE typeof(quantity) = 'text'"
            " ORDER BY 1, 2 LIMIT 3",
        ):
            database.execute(
                "UPDATE order_lines SET quantity = ?, updated_at = ?"
                " WHERE order_no = ? AND line_no = ?",
                (roll.randrange(1, 50), moment(roll, day), *key),
            )

    def _reprice(self, database: sqlite3.Connection, roll: random.Random, day: int) -> None:
        known = _number(database, "SELECT count(*) FROM materials")
        for number in roll.sample(range(1, known + 1), self.scale.share(known, 50)):
            if not is_unpriced(number):
                database.execute(
                    "UPDATE materials SET price = ?, updated_at = ? WHERE code = ?",
                    (cents(roll.randrange(50, 2_000_000)), moment(roll, day), erp_code(number)),
                )

    def _add_materials(
        self, database: sqlite3.Connection, roll: random.Random, day: int
    ) -> None:
        known = _number(database, "SELECT count(*) FROM materials")
        fresh = range(known + 1, known + 1 + self.scale.share(self.scale.materials, 250))
        self._insert_materials(database, [(number, moment(roll, day)) for number in fresh])

    def _progress(self, database: sqlite3.Connection, roll: random.Random, day: int) -> None:
        oldest_new = _keys(
            database,
            "SELECT order_no FROM sales_orders WHERE status = 'N' ORDER BY 1 LIMIT ?",
            self.scale.share(self.scale.orders, 200),
        )
        for (order_no,) in oldest_new:
            database.execute(
                "UPDATE sales_orders SET status = ?, updated_at = ? WHERE order_no = ?",
                (roll.choice("CSSX"), moment(roll, day), order_no),
            )


def _return_goods(database: sqlite3.Connection, known: int) -> None:
    """Book a return the way a new clerk does: as an order of less than nothing."""
    database.execute("UPDATE order_lines SET quantity = -1 WHERE rowid = ?", (known + 1,))


def _line(roll: random.Random, count: int, materials: int) -> tuple[str, str | int, str]:
    """Make the material, quantity and price of a line; every so many lines, a wrong one."""
    code = erp_code(in_use(roll, materials))
    quantity: str | int = roll.choice((1, 2, 5, 10, 20, roll.randrange(1, 500)))
    if due(count, NEGATIVE_EVERY):
        quantity = -int(quantity)
    elif due(count, WORDY_EVERY):
        quantity = roll.choice(("N/A", "约20", "二十", "待定"))
    elif due(count, UNKNOWN_EVERY):
        code = erp_code(UNKNOWN_MATERIAL + roll.randrange(999))
    return code, quantity, cents(roll.randrange(50, 500_000))


def _keys(
    database: sqlite3.Connection, query: str, *values: str | int
) -> Iterator[tuple[str | int, ...]]:
    yield from database.execute(query, values).fetchall()


def _number(database: sqlite3.Connection, query: str, *values: str | int) -> int:
    return int(database.execute(query, values).fetchone()[0])
