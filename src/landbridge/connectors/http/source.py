"""Reading lists of JSON objects page by page."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.http.client import ApiClient, told
from landbridge.connectors.http.options import HttpOptions, HttpStream
from landbridge.connectors.http.pages import PageFetch, name_page
from landbridge.connectors.http.paging import Page
from landbridge.connectors.http.paging_options import DatePaging
from landbridge.connectors.http.places import Place, place_from
from landbridge.connectors.http.spans import Spans
from landbridge.connectors.http.trail import Step, Trail
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
    infer_columns,
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
        page = self._first_page(name, self._stream(name))
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
        begun = self._clock.monotonic()
        try:
            for trail, step in self._steps(reading, options, place_from(after)):
                yield from reader.take(trail, step)
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

    def _first_page(self, stream: str, options: HttpStream) -> Page:
        return next(self._steps(Reading(stream), options, Place()))[1].page

    def _sampled(self, stream: str, options: HttpStream) -> pa.Schema:
        page = self._first_page(stream, options)
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

    def _steps(
        self, reading: Reading, stream: HttpStream, place: Place
    ) -> Iterator[tuple[Trail, Step]]:
        """Yield each page with what is new in it.

        Raises:
            LandbridgeError: A page cannot be read; the error names it.
        """
        api = self._api()
        paging, window = stream.paging, reading.window
        spans = (
            Spans(paging, window, self._clock.now()) if isinstance(paging, DatePaging) else None
        )
        trail = Trail(stream, spans, api)
        fetch = PageFetch(stream, window_params(stream.window, window), trail, spans, api)
        while place.page is not None:
            try:
                step = trail.step(fetch.page(place.page, place.number), place)
            except LandbridgeError as error:
                name_page(error, reading.stream, place.number)
                raise
            yield trail, step
            place = step.after


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
        self._resume = Place()

    def take(self, trail: Trail, step: Step) -> Iterator[Batch]:
        """Yield what is ready once the new records of a page are added."""
        if not step.fresh:
            self._resume = step.after
            return
        rows = self._rows(step)
        pieces = max(1, -(-rows.nbytes // self._reading.batch_bytes))
        size = max(1, -(-rows.num_rows // pieces))
        for at in range(0, rows.num_rows, size):
            piece = rows.slice(at, size)
            yield from self._add(piece, trail.place_at(step, at + piece.num_rows))

    def rest(self) -> Iterator[Batch]:
        """Yield what is held."""
        if self._held:
            rows = pa.concat_batches(self._held)
            self._held, self._size = [], 0
            yield Batch(rows.select(self._wanted), self._resume.to_position())

    def _add(self, rows: pa.RecordBatch, resume: Place) -> Iterator[Batch]:
        kept = rows_kept(rows, self._reading)
        chosen = rows if kept is None else rows.filter(kept)
        if self._size + chosen.nbytes > self._reading.batch_bytes:
            yield from self.rest()
        if chosen.num_rows:
            self._held.append(chosen)
            self._size += chosen.nbytes
        self._resume = resume

    def _rows(self, step: Step) -> pa.RecordBatch:
        if self._options.unknown_fields == "refuse":
            for at, record in enumerate(step.fresh):
                if not record.keys() <= self._known:
                    field = min(record.keys() - self._known)
                    raise _unknown(field, step.page, step.first + at)
        try:
            return rows_of(step.fresh, self._columns)
        except JsonMisfitError as error:
            row = step.first + error.row
            raise DataUnreadableError(
                f"page {step.page.number} of {told(step.page.answer.url)}, record {row}, "
                f"{error}",
                hint=f"declare the type of {error.field} in the stream's `columns`; `string` "
                "and `json` take everything",
                page=step.page.asked or step.page.number,
                record=row,
                column=error.field,
            ) from error


def _unknown(field: str, page: Page, record: int) -> DataUnreadableError:
    return DataUnreadableError(
        f"page {page.number} of {told(page.answer.url)}, record {record}: "
        f"the field {field} is not in the first page",
        hint=f"declare it in the stream's `columns` ({field}: json takes everything), or set "
        "`unknown_fields: ignore`",
        page=page.asked or page.number,
        record=record,
        column=field,
    )
