"""Code tables of a project: files, and streams of connections."""

from pathlib import Path

import pyarrow as pa
from typing_extensions import override

from landbridge.app.workspace import Workspace, source_builder
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.sdk.reading import Reading
from landbridge.sdk.source import Source
from landbridge.specs.mapping import FileCodeTable, StreamCodeTable

_FORMATS = {".csv": "csv", ".xlsx": "excel", ".parquet": "parquet", ".ndjson": "ndjson"}


class ProjectCodeTables(CodeTables):
    """Reads the code tables of one project, each once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[FileCodeTable | StreamCodeTable, pa.Table] = {}

    @override
    def pairs(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        if table not in self._known:
            self._known[table] = self._read(table)
        return self._known[table]

    def _read(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        if isinstance(table, FileCodeTable):
            source, stream = self._file(table)
        else:
            source, stream = self._stream(table), table.stream
        try:
            rows = _whole(source, stream)
        finally:
            source.close()
        for name in (table.key_column, table.value_column):
            if name not in rows.column_names:
                raise OptionsInvalidError(
                    f"code table {stream} has no column {name}",
                    hint=f"it has {', '.join(rows.column_names)}",
                    column=name,
                )
        return rows.select([table.key_column, table.value_column]).rename_columns(
            ["key", "value"]
        )

    def _stream(self, table: StreamCodeTable) -> Source:
        connected = self._workspace.connection(table.connection)
        build = source_builder(connected)
        if build is None:
            raise OptionsInvalidError(f"connection {table.connection} cannot be read")
        return build()

    def _file(self, table: FileCodeTable) -> tuple[Source, str]:
        path = Path(table.file)
        kind = _FORMATS.get(path.suffix.lower())
        if kind is None:
            raise OptionsInvalidError(
                f"code table {table.file} is of no known kind",
                hint=f"known are {', '.join(_FORMATS)}",
                file=table.file,
            )
        manifest = self._workspace.registry.manifest("files")
        if manifest.source is None:
            raise OptionsInvalidError("the files connector cannot be read")
        options = manifest.options.model_validate(
            {"path": str(path.parent), "format": {"type": kind}}
        )
        context = self._workspace.context()
        return manifest.source(options, context), path.name


def _whole(source: Source, stream: str) -> pa.Table:
    reading = Reading(stream)
    schema = source.describe(stream).columns
    batches = [
        batch.rows
        for share in source.shares(reading, want=1)
        for batch in source.read(reading, share, after=None)
    ]
    return pa.Table.from_batches(batches, schema=schema)
