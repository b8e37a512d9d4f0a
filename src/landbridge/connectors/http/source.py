"""Reading lists of JSON objects page by page."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import Message

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.http.calls import Call
from landbridge.connectors.http.client import Answer, ApiClient, told
from landbridge.connectors.http.options import HttpOptions, HttpStream
from landbridge.connectors.http.paging import (
    Page,
    Place,
    at_path,
    fingerprint,
    following_page,
    params_of,
    place_from,
)
from landbridge.connectors.http.windows import window_params
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.kernel.clock import Clock, SystemClock
from landbridge.kernel.errors import (
    DataUnreadableError,
    LandbridgeError,
    OptionsInvalidError,
    StreamMissingError,
)
from landbridge.sdk.json_rows import (
    JsonMisfitError,
    JsonObject,
    infer_columns,
    parse_json,
    rows_of,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.row_filter import bound_text, columns_needed, greatest, rows_kept
from landbridge.sdk.source import Source, StreamEntry

_HELD_SECS = 5.0
_SHARE = "all"


@dataclass(frozen=True, slots=True)
class _Newest:
    """The greatest value of the pages looked at so far."""

    after: Position | None = None
    value: pa.Scalar | None = None


class HttpSource(Source):
    """Read side of an API. One share per stream; a position is a page and a record in it."""

    def __init__(
        self, options: HttpOptions, context: Context, clock: Clock | None = None
    ) -> None:
        del context
        self._options = options
        self._clock = clock or SystemClock()
        self._client: ApiClient | None = None
        self._schemas: dict[str, pa.Schema] = {}
        self._newest: dict[Reading, _Newest] = {}
        self._lock = threading.Lock()

    @override
    def check(self) -> str:
        name = min(self._options.streams)
        page = next(self._pages(name, self._stream(name), {}, Place()))[0]
        server = page.answer.headers.get("server", "")
        return f"HTTP API at {page.answer.url.host}" + (f" ({server})" if server else "")

    @override
    def streams(self) -> Iterator[StreamEntry]:
        for name, stream in sorted(self._options.streams.items()):
            yield StreamEntry(name, "endpoint", stream.comment)

    @override
    def describe(self, stream: str) -> StreamSchema:
        options = self._stream(stream)
        columns = self._sampled(stream, options)
        missing = [name for name in options.key if name not in columns.names]
        if missing:
            raise OptionsInvalidError(
                f"{stream} has no field {missing[0]}, which its key names",
                hint=f"it has {', '.join(columns.names)}",
                stream=stream,
            )
        return StreamSchema(stream, columns, key=options.key, comment=options.comment)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        options = self._stream(reading.stream)
        window = options.window
        if window is not None and window.newest == "now" and window.column == column:
            return self._clock.now().isoformat(timespec="seconds")
        # An API with limits may refuse before the last page: the next try goes on there.
        known = self._newest.get(reading, _Newest())
        narrow = replace(reading, columns=(column,))
        for batch in self.read(narrow, Share(_SHARE), after=known.after):
            values = batch.rows.column(0)
            before = (
                [] if known.value is None else [pa.array([known.value.as_py()], values.type)]
            )
            known = _Newest(batch.resume, greatest([*before, values], values.type))
            self._newest[reading] = known
        self._newest.pop(reading, None)
        return None if known.value is None else bound_text(known.value)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        return (Share(_SHARE),)

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        options = self._stream(reading.stream)
        every = self._columns(reading.stream, options)
        reader = _PageReader(reading, options, every)
        asked = window_params(options.window, reading.window)
        begun = self._clock.monotonic()
        try:
            for page, place, following in self._pages(
                reading.stream, options, asked, place_from(after)
            ):
                yield from reader.take(page, place, following)
                if self._clock.monotonic() - begun > _HELD_SECS:
                    yield from reader.rest()
                    begun = self._clock.monotonic()
        except LandbridgeError:
            # What came before the failure is delivered: the next try goes on after it.
            yield from reader.rest()
            raise
        yield from reader.rest()

    @override
    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _stream(self, name: str) -> HttpStream:
        if name not in self._options.streams:
            raise StreamMissingError(
                f"the connection declares no stream {name}",
                hint=f"it declares {', '.join(sorted(self._options.streams))}",
                stream=name,
            )
        return self._options.streams[name]

    def _api(self) -> ApiClient:
        with self._lock:
            if self._client is None:
                self._client = ApiClient(self._options, self._clock)
            return self._client

    def _columns(self, stream: str, options: HttpStream) -> pa.Schema:
        with self._lock:
            found = self._schemas.get(stream)
        return found if found is not None else self._sampled(stream, options)

    def _sampled(self, stream: str, options: HttpStream) -> pa.Schema:
        page = next(self._pages(stream, options, {}, Place()))[0]
        columns = infer_columns(page.records, options.columns)
        if len(columns) == 0:
            raise DataUnreadableError(
                f"the first page of {stream} holds no record to see its fields in",
                hint="declare them in `columns`, or check `records`",
                stream=stream,
            )
        with self._lock:
            self._schemas[stream] = columns
        return columns

    def _pages(
        self, name: str, stream: HttpStream, asked: Mapping[str, str], place: Place
    ) -> Iterator[tuple[Page, Place, str | None]]:
        """Yield each page with the place in it to go on from, and what asks for the next.

        Raises:
            DataUnreadableError: The API gives the same page again and again.
        """
        api = self._api()
        before: Sequence[JsonObject] = ()
        seen: set[str] = set()
        number = 0
        while place.page is not None:
            number += 1
            page = self._page(api, stream, asked, place.page, number)
            if page.records and page.records == before:
                raise _endless(name, number)
            seen.add(place.page)
            following = following_page(stream.paging, page, api)
            if following is not None and following in seen:
                raise _endless(name, number)
            yield page, place, following
            last = fingerprint(page.records[-1]) if page.records else place.last
            place = Place(following, 0, last)
            before = page.records

    def _page(
        self,
        api: ApiClient,
        stream: HttpStream,
        asked: Mapping[str, str],
        wanted: str,
        number: int,
    ) -> Page:
        linked = stream.paging.type in {"link_header", "next_url"} and wanted != ""
        if linked:
            answer = api.ask(Call(api.address(wanted)))
        else:
            params = {name: _param(value) for name, value in stream.params.items()}
            params |= {**asked, **params_of(stream.paging, wanted)}
            answer = api.ask(Call(api.address(stream.path).copy_merge_params(params)))
        body = _json(answer, number)
        return Page(wanted, answer, body, _records(answer, body, stream.records, number))


class _PageReader:
    """Makes batches of pages: small pages are joined, large ones cut."""

    def __init__(self, reading: Reading, options: HttpStream, every: pa.Schema) -> None:
        self._reading = reading
        self._options = options
        needed = columns_needed(reading, every)
        self._columns = pa.schema([field for field in every if field.name in needed])
        self._known = frozenset(every.names)
        self._wanted = list(reading.columns if reading.columns is not None else every.names)
        self._held: list[pa.RecordBatch] = []
        self._size = 0
        self._resume = Position(b"")

    def take(self, page: Page, place: Place, following: str | None) -> Iterator[Batch]:
        """Yield what is ready once the records of a page are added."""
        records = page.records
        start = place.skip
        if not start and records and self._options.key and place.last:
            # An API whose cursor is inclusive gives the last record once more.
            start = int(fingerprint(records[0]) == place.last)
        if start >= len(records):
            self._resume = Place(following, 0, place.last).to_position()
            return
        rows = self._rows(records[start:], page, start)
        last = fingerprint(records[-1])
        pieces = max(1, -(-rows.nbytes // self._reading.batch_bytes))
        step = max(1, -(-rows.num_rows // pieces))
        for at in range(0, rows.num_rows, step):
            piece = rows.slice(at, step)
            end = start + at + piece.num_rows
            whole = end == len(records)
            resume = Place(following, 0, last) if whole else Place(page.asked, end, place.last)
            yield from self._add(piece, resume.to_position())

    def rest(self) -> Iterator[Batch]:
        """Yield what is held."""
        if self._held:
            rows = pa.concat_batches(self._held)
            self._held, self._size = [], 0
            yield Batch(rows.select(self._wanted), self._resume)

    def _add(self, rows: pa.RecordBatch, resume: Position) -> Iterator[Batch]:
        kept = rows_kept(rows, self._reading)
        chosen = rows if kept is None else rows.filter(kept)
        if self._size + chosen.nbytes > self._reading.batch_bytes:
            yield from self.rest()
        if chosen.num_rows:
            self._held.append(chosen)
            self._size += chosen.nbytes
        self._resume = resume

    def _rows(self, records: Sequence[JsonObject], page: Page, start: int) -> pa.RecordBatch:
        if self._options.unknown_fields == "refuse":
            for at, record in enumerate(records):
                if not record.keys() <= self._known:
                    raise _unknown(sorted(record.keys() - self._known)[0], page, start + at)
        try:
            return rows_of(records, self._columns)
        except JsonMisfitError as error:
            raise DataUnreadableError(
                f"{told(page.answer.url)}, record {start + error.row}, {error}",
                hint=f"declare the type of {error.field} in the stream's `columns`; `string` "
                "and `json` take everything",
                page=page.asked,
                record=start + error.row,
                column=error.field,
            ) from error


def _param(value: str | int | bool) -> str:  # noqa: FBT001  as YAML has it
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(answer: Answer, number: int) -> object:
    kind, _, rest = answer.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    place = f"page {number} of {told(answer.url)}"
    if kind not in {"application/json", "text/json"} and not kind.endswith("+json"):
        raise DataUnreadableError(
            f"{place} is {kind or 'of no stated type'}, not JSON",
            hint="check `url` and `path`: a sign-in page is HTML",
            page=number,
        )
    charset = _charset(rest)
    try:
        return parse_json(answer.body.decode(charset) if charset else answer.body)
    except (ValueError, LookupError) as error:
        raise DataUnreadableError(f"{place} is not JSON: {error}", page=number) from error


def _charset(attributes: str) -> str:
    """Return the encoding that a content type states, or "" for what JSON itself says."""
    message = Message()
    message["content-type"] = f"application/json; {attributes}"
    return str(message.get_content_charset() or "")


def _records(answer: Answer, body: object, path: str, number: int) -> Sequence[JsonObject]:
    place = f"page {number} of {told(answer.url)}"
    try:
        found = at_path(body, path)
    except KeyError as error:
        raise DataUnreadableError(
            f"{place} has nothing at {path}", hint="check `records`", page=number
        ) from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DataUnreadableError(
            f"{place} holds no list of objects at {path or 'its top'}",
            hint="check `records`",
            page=number,
        )
    return found


def _endless(stream: str, number: int) -> DataUnreadableError:
    return DataUnreadableError(
        f"{stream}: page {number} leads back to a page before; the API would go on for ever",
        hint="check `paging`: its kind, and the names of its parameters",
        stream=stream,
        page=number,
    )


def _unknown(field: str, page: Page, record: int) -> DataUnreadableError:
    return DataUnreadableError(
        f"{told(page.answer.url)}, record {record}: the field {field} is not in the first page",
        hint=f"declare it in the stream's `columns` ({field}: json takes everything), or set "
        "`unknown_fields: ignore`",
        page=page.asked,
        record=record,
        column=field,
    )
