"""`docs/reference/errors.md`: every error code, whether it is tried again, what it means."""

import importlib
import pkgutil
from collections.abc import Iterator
from inspect import cleandoc

import landbridge
from landbridge.kernel.errors import LandbridgeError
from landbridge.specs.catalogue_en import CATALOGUE
from landbridge.specs.codes import FaultCode
from tools.generate.fields import cell
from tools.generate.pages import MARK, Pages

_RETRY = {
    "never": "no",
    "later": "after a wait",
    "reconnect": "with a new connection",
}


def error_classes() -> list[type[LandbridgeError]]:
    """Return every error class of the package, by code. Imports every module."""
    for module in pkgutil.walk_packages(landbridge.__path__, "landbridge."):
        # Migrations only run inside of Alembic.
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(
        {LandbridgeError, *_below(LandbridgeError)}, key=lambda kind: (kind.code, kind.__name__)
    )


def pages() -> Pages:
    """Return the page of errors."""
    lines = [
        "# Errors",
        "",
        MARK,
        "",
        "Every error that Landbridge raises on purpose has a code that never changes. With",
        "`--json` it stands in `code`. The runtime tries again on its own where the table",
        "says so; everything else needs a person.",
        "",
        "| code | tried again | meaning |",
        "|---|---|---|",
    ]
    for kind in error_classes():
        meaning = cleandoc(kind.__doc__ or "").split("\n\n")[0]
        lines.append(f"| `{kind.code}` | {_RETRY[kind.retry]} | {cell(meaning)} |")
    lines += [
        "",
        "## Faults in documents",
        "",
        "`documents.invalid` carries one fault per mistake: a code, the file, the line, the",
        "field, what is wrong and what would be right. Words in braces are filled in.",
        "",
        "| code | what is wrong | what would be right |",
        "|---|---|---|",
    ]
    lines += [_fault(code) for code in FaultCode]
    return {"docs/reference/errors.md": "\n".join([*lines, ""])}


def _fault(code: FaultCode) -> str:
    texts = CATALOGUE.texts[code]
    return f"| `{code.value}` | {cell(texts.problem)} | {cell(texts.remedy)} |"


def _below(kind: type[LandbridgeError]) -> Iterator[type[LandbridgeError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
