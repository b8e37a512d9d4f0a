"""Time reading an API that answers from memory, on the loopback of this machine.

python -m landbridge.connectors.http.bench --rows 200000 --page 1000
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from landbridge.connectors.http.options import HttpOptions
from landbridge.connectors.http.source import HttpSource
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading


def main(arguments: Sequence[str]) -> int:
    """Run, print the figure, and return 1 when rows are missing."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=200_000)
    asked.add_argument("--page", type=int, default=1000)
    chosen = asked.parse_args(arguments)
    rows: int = chosen.rows
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(_pages(rows, chosen.page)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stream = {"path": "items", "records": "data", "paging": {"type": "cursor"}}
    url = f"http://127.0.0.1:{server.server_address[1]}"
    text = json.dumps(
        {"url": url, "allow_private": ["127.0.0.1"], "streams": {"items": stream}}
    )
    begun = time.perf_counter()
    with closing(
        HttpSource(HttpOptions.model_validate_json(text), Context(Path(), Path()))
    ) as source:
        reading = Reading("items")
        [share] = source.shares(reading, want=1)
        found = sum(batch.rows.num_rows for batch in source.read(reading, share, after=None))
    secs = time.perf_counter() - begun
    server.shutdown()
    server.server_close()
    print(f"http_read {secs:.2f} s {found / secs:.0f} rows/s")  # noqa: T201  a program's output
    return 0 if found == rows else 1


def _pages(rows: int, size: int) -> dict[str, bytes]:
    """Return every answer by its cursor, made before the clock runs."""
    found: dict[str, bytes] = {}
    for start in range(0, rows, size):
        records = [
            {"id": n, "name": f"客户 {n}", "price": n / 8, "address": {"city": "上海", "no": n}}
            for n in range(start, min(start + size, rows))
        ]
        following = str(start + size) if start + size < rows else None
        body = json.dumps({"data": records, "next_cursor": following}, ensure_ascii=False)
        found[str(start) if start else ""] = body.encode()
    return found


def _answering(pages: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            body = pages[query.get("cursor", [""])[0]]
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    return Answering


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
