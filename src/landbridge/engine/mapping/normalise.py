"""Changes of text that bring what means the same into the same form."""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.specs.mapping import Normalisation

Change = Callable[[pa.Array], pa.Array]

WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""What `trim` and `collapse_spaces` take as white space: all of Unicode's, and what has no
width (U+200B, U+2060, U+FEFF), which exports leave behind."""

_SPACES = "[" + "".join(f"\\x{{{ord(character):x}}}" for character in WHITE_SPACE) + "]+"
_WIDE_ALONE = "[\\x{ff01}-\\x{ff5e}\\x{3000}]"
_WIDE_TO_HALF = [(chr(0xFEE0 + code), chr(code)) for code in range(0x21, 0x7F)] + [
    ("\u3000", " ")
]


def changes(names: Sequence[Normalisation]) -> Sequence[Change]:
    """Return the changes of these names, in their order."""
    return [_CHANGES[name] for name in names]


def lengthens(names: Sequence[Normalisation]) -> bool:
    """Return whether a text may have more characters afterwards."""
    return not {"nfc", "nfkc"}.isdisjoint(names)


def _trim(values: pa.Array) -> pa.Array:
    return pc.utf8_trim(values, characters=WHITE_SPACE)


def _collapse_spaces(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, _SPACES, " ")


def _half_width(values: pa.Array) -> pa.Array:
    """Full-width forms U+FF01 to U+FF5E and the ideographic space become ASCII.

    Each different text is converted once.
    """
    wide = pc.match_substring_regex(values, _WIDE_ALONE)
    if not pc.any(wide).as_py():
        return values
    encoded = values.dictionary_encode()
    made = [text.translate(_HALF) for text in encoded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(encoded.indices)


_HALF = str.maketrans(dict(_WIDE_TO_HALF))


def _strip_leading_zeros(values: pa.Array) -> pa.Array:
    stripped = pc.utf8_ltrim(values, characters="0")
    # RE2 looks at nothing ahead, so what held zeros alone is put back as one.
    return pc.if_else(
        pc.and_(pc.equal(pc.binary_length(stripped), 0), pc.not_equal(values, "")),
        pa.scalar("0"),
        stripped,
    )


def _empty_to_null(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


_CHANGES: Mapping[Normalisation, Change] = {
    "trim": _trim,
    "collapse_spaces": _collapse_spaces,
    "half_width": _half_width,
    "upper": pc.utf8_upper,
    "lower": pc.utf8_lower,
    "strip_leading_zeros": _strip_leading_zeros,
    "empty_to_null": _empty_to_null,
    "nfc": lambda values: pc.utf8_normalize(values, form="NFC"),
    "nfkc": lambda values: pc.utf8_normalize(values, form="NFKC"),
}
