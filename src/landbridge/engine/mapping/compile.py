"""Compiling the mapping of a document against the fields of one source."""

from landbridge.data.schema import StreamSchema
from landbridge.data.types import canonical
from landbridge.engine.mapping.code_tables import CodeTables
from landbridge.engine.mapping.mapped import IdentityMapping, RowMapping
from landbridge.specs.mapping import MappingSpec


def compile_mapping(spec: MappingSpec, schema: StreamSchema, tables: CodeTables) -> RowMapping:
    """Return the mapping of a document for one source stream.

    Everything that does not depend on a row's data is judged here: fields that are not
    there, casts that do not exist, expressions that are none, code tables with two values
    for a key.

    Args:
        spec: The document's mapping.
        schema: The source stream.
        tables: Where code tables come from.

    Raises:
        LandbridgeError: A code table cannot be read.
        OptionsInvalidError: The mapping cannot work for this stream.
    """
    columns = canonical(schema.columns)
    if not spec.fields and spec.filter is None and spec.rest == "keep":
        return IdentityMapping(columns)
    from landbridge.engine.mapping.compiler import (  # noqa: PLC0415  it loads DuckDB
        Compiler,
    )

    return Compiler(spec, schema.stream, columns, tables).compile()
