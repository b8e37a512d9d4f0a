"""Receipts on real servers: clean runs beside writers, and the repair of a large table."""

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tools.services import Server

_PROGRAM = str(Path(sys.executable).with_name("landbridge"))
_COLUMNS = "id, customer, amount, title, changed, note"
_CREATE = """
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2),
  title varchar(80), changed timestamptz NOT NULL, note text)
"""
_INSERT = """
INSERT INTO orders SELECT i, i % 997, (i % 100000) / 100.0, '六角螺栓 ' || i,
  timestamptz '2026-01-01 00:00+00' + i * interval '1 second',
  CASE WHEN i % 3 = 0 THEN NULL ELSE 'note ' || i END
FROM generate_series(1, {rows}) AS i
"""
_WRITES = (
    "UPDATE orders SET amount = amount + 1 WHERE id % 50 = {n} % 50",
    "DELETE FROM orders WHERE id = {n} AND id > 100",
    "INSERT INTO orders SELECT max(id) + 1, 1, 1, '新', now(), NULL FROM orders",
    "UPDATE orders SET id = -id WHERE id = {n}",
)


def fill(source: Server, rows: int) -> None:
    """Make the source table."""
    with psycopg.connect(source.url, autocommit=True) as session:
        session.execute(_CREATE)
        session.execute(_INSERT.format(rows=rows).encode())
        session.execute("ANALYZE orders")


def write_project(folder: Path, source: Server, target: Server, receipts: str) -> None:
    """Write a project that replaces the target with the source."""
    documents: dict[str, dict[str, Any]] = {
        "landbridge.yaml": {"kind": "project", "name": "receipts"},
        "flows/f.yaml": {
            "kind": "flow",
            "name": "f",
            "nodes": [
                {
                    "type": "copy",
                    "name": "n",
                    "source": {"connection": "source", "streams": ["public.orders"]},
                    "target": {"connection": "target", "stream": "public.copied"},
                    "write": {"mode": "replace"},
                    "receipts": receipts,
                }
            ],
        },
    }
    for name, server in (("source", source), ("target", target)):
        documents[f"connections/{name}.yaml"] = {
            "kind": "connection",
            "name": name,
            "connector": "postgres",
            "options": {
                "host": server.host,
                "port": server.port,
                "database": server.database,
                "user": server.user,
                "password": server.password,
            },
        }
    for path, content in documents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content))


@contextmanager
def writers(source: Server, count: int) -> Generator[None]:
    """Have so many sessions change the source for as long as the block lasts."""
    stop = threading.Event()

    def change(first: int) -> None:
        number = first
        with psycopg.connect(source.url, autocommit=True) as session:
            while not stop.is_set():
                number += count
                statement = _WRITES[number % len(_WRITES)].format(n=number % 5_000)
                session.execute(statement.encode())
                stop.wait(0.002)

    threads = [threading.Thread(target=change, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def landbridge(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run a command of the project; return its exit code and its JSON answer."""
    done = subprocess.run(
        [_PROGRAM, "-p", str(folder), "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        raise RuntimeError(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, answer


@dataclass(frozen=True, slots=True)
class Damage:
    """What was done to the target."""

    changed: int
    deleted: int
    added: int


def damage(target: Server, rows: int) -> Damage:
    """Damage 50 rows of the target in three ways."""
    with psycopg.connect(target.url, autocommit=True) as session:
        changed = session.execute(
            f"UPDATE copied SET title = title || '!' WHERE id % {rows // 20} = 7".encode()
        ).rowcount
        deleted = session.execute(
            f"DELETE FROM copied WHERE id % {rows // 20} = 11".encode()
        ).rowcount
        added = session.execute(
            f"INSERT INTO copied SELECT {rows} + n, 1, 1, 'x', now(), NULL "
            "FROM generate_series(1, 10) n".encode()
        ).rowcount
    return Damage(changed, deleted, added)


def equal(source: Server, target: Server) -> bool:
    """Compare both tables by a way that has nothing to do with receipts."""
    query = (
        "SELECT count(*), sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint::numeric) "
        f"FROM (SELECT {_COLUMNS} FROM {{}}) AS t"
    )
    found = []
    for server, table in ((source, "orders"), (target, "copied")):
        with psycopg.connect(server.url) as session:
            found.append(session.execute(query.format(table).encode()).fetchone())
    return found[0] == found[1]
