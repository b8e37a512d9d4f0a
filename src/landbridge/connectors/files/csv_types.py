"""Types of CSV columns, judged by the beginning of the file."""

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIMESTAMP, Meaning, column, implied

_INT = r"^-?(0|[1-9]\d{0,17})$"
_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?$"
_BOOL = r"^(true|false)$"
_DATE = r"^\d{4}-\d\d-\d\d$"
_TIMESTAMP = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"
_INSTANT = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)$"
_PATTERNS = (
    (_INT, pa.int64()),
    (_BOOL, pa.bool_()),
    (_DATE, pa.date32()),
    (_TIMESTAMP, TIMESTAMP),
    (_INSTANT, INSTANT),
)


def sampled_column(name: str, texts: pa.ChunkedArray) -> pa.Field:
    """Return the narrowest type that holds every text exactly; text when none does.

    Codes with leading zeros stay text, and so does a column without any value.
    """
    values = texts.drop_null()
    if len(values) == 0:
        return column(name, pa.string(), Meaning("text"))
    for pattern, storage in _PATTERNS:
        if _all(values, pattern) and _casts(values, storage):
            return column(name, storage, Meaning(implied(storage)))
    if _all(values, _NUMBER):
        return column(name, pa.string(), Meaning("number"))
    return column(name, pa.string(), Meaning("text"))


def _all(values: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _casts(values: pa.ChunkedArray, storage: pa.DataType) -> bool:
    try:
        values.cast(storage)
    except pa.ArrowInvalid:
        return False
    return True
