"""Systems without a server of their own types: files of each kind, and the HTTP API."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from benchmarks.torture.case import Case
from benchmarks.torture.served import Served, records
from benchmarks.torture.system import System
from landbridge.sdk.manifest import Context

_Write = Callable[[Path, Case], None]


def file_systems(context: Context) -> tuple[System, ...]:
    """Return a system for each kind of file."""
    return (
        _files(context, "csv", _csv, ".csv"),
        _files(context, "ndjson", _ndjson, ".ndjson"),
        _files(context, "parquet", _parquet, ".parquet"),
        _files(context, "excel", _excel, ".xlsx"),
    )


def api_system(context: Context, api: Served) -> System:
    """Return the system whose streams the local API serves."""
    streams: dict[str, Any] = {}

    def make(case: Case, number: int) -> str:
        name = f"source_{number}"
        api.documents[f"/{name}"] = f"[{', '.join(records(case))}]".encode()
        streams[name] = {"path": name, "key": ["id"], "columns": _declared(case)}
        return name

    options = {"url": api.url, "streams": streams, "allow_private": ["127.0.0.1"]}
    return System("http", "http", options, make, str, context)


def _files(context: Context, kind: str, write: _Write, ending: str) -> System:
    folder = context.folder / kind
    folder.mkdir()
    streams: dict[str, Any] = {}

    def make(case: Case, number: int) -> str:
        name, file = f"source_{number}", f"source_{number}{ending}"
        write(folder / file, case)
        if kind in {"csv", "ndjson"}:
            columns = {"id": "int64", **_declared(case)}
            form = {"type": kind, "columns": columns, **case.options}
            streams[name] = {"files": file, "format": form}
            return name
        return file

    return System(
        kind,
        "files",
        {"path": kind, "format": {"type": kind}, "streams": streams},
        make,
        lambda number: f"target_{number}{ending}",
        context,
    )


def _declared(case: Case) -> Mapping[str, str]:
    return {"v": case.native} if case.native else {}


def _csv(path: Path, case: Case) -> None:
    null = case.options.get("null_texts", ("",))[0]
    mark = case.options.get("delimiter", ",")
    values = enumerate((*case.values, null), 1)
    lines = [f"id{mark}v", *(f"{at}{mark}{value}" for at, value in values)]
    encoding = case.options.get("encoding", "utf-8")
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def _ndjson(path: Path, case: Case) -> None:
    path.write_bytes(("\n".join(records(case)) + "\n").encode())


def _excel(path: Path, case: Case) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "v"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        for at, value in enumerate(case.values, 1):
            sheet.write_number(at, 0, at)
            match case.native:
                case "text":
                    sheet.write_string(at, 1, value)
                case "number":
                    sheet.write_number(at, 1, float(value))
                case "bool":
                    sheet.write_boolean(at, 1, value == "true")
                case "error":
                    # The type is guessed from a default; an error is a text.
                    sheet.write_formula(at, 1, "=1/0", None, value)  # pyright: ignore[reportArgumentType]
                case _:
                    shown = day if case.native == "date" else moment
                    sheet.write_datetime(at, 1, datetime.fromisoformat(value), shown)
        sheet.write_number(len(case.values) + 1, 0, len(case.values) + 1)


def _parquet(path: Path, case: Case) -> None:
    values = pa.array(
        [*(_arrow(case, value) for value in case.values), None], _STORAGE[case.native][0]
    )
    values = values.cast(_STORAGE[case.native][1])
    ids = pa.array(range(1, len(values) + 1), pa.int32())
    pq.write_table(pa.table({"id": ids, "v": values}), path)


_STORAGE: Mapping[str, tuple[pa.DataType, pa.DataType]] = {
    "int64": (pa.int64(), pa.int64()),
    "uint64": (pa.uint64(), pa.uint64()),
    "float64": (pa.float64(), pa.float64()),
    "decimal128": (pa.decimal128(38, 10), pa.decimal128(38, 10)),
    "decimal256": (pa.decimal256(65, 30), pa.decimal256(65, 30)),
    "string": (pa.string(), pa.string()),
    "binary": (pa.binary(), pa.binary()),
    "date32": (pa.int32(), pa.date32()),
    "timestamp": (pa.int64(), pa.timestamp("us")),
    "instant": (pa.int64(), pa.timestamp("us", "UTC")),
    "bool": (pa.bool_(), pa.bool_()),
}


def _arrow(case: Case, value: str) -> object:
    match case.native:
        case "int64" | "uint64" | "date32" | "timestamp" | "instant":
            return int(value)
        case "float64":
            return float(value)
        case "decimal128" | "decimal256":
            return Decimal(value)
        case "binary":
            return value.encode("latin-1")
        case "bool":
            return value == "true"
        case _:
            return value
