"""Proposals of a mapping between a stream of one connection and a stream of another.

Importing this needs the extra `matching`.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from ruamel.yaml import YAML

from landbridge.app.previewing import first_rows
from landbridge.app.proposed import Effort, End, ProposedField, ProposedMapping, told
from landbridge.app.settings import Language
from landbridge.app.workspace import Workspace
from landbridge.kernel.errors import ConnectorMissingError
from landbridge.specs.mapping import FieldMapping

try:
    from landbridge.engine.matching.fragment import KEY, VALUE, fragment_of
    from landbridge.engine.matching.propose import Proposal, propose
    from landbridge.engine.matching.sampled import StreamSample, sample_of
except ImportError as error:
    raise ConnectorMissingError(
        f"proposing a mapping needs the library {error.name or 'of its extra'}",
        hint="pip install 'landbridge[matching]'",
    ) from error

_WIDTH = 1 << 20


def propose_mapping(
    workspace: Workspace, source: End, target: End, effort: Effort, language: Language
) -> ProposedMapping:
    """Read samples of both streams and propose a mapping; nothing is written.

    Args:
        workspace: The project.
        source: Where rows come from.
        target: Where they are to go. It is read as well, to see its fields and values.
        effort: How much is read and how sure a proposal must be.
        language: Language of the comments in the YAML.

    Raises:
        OptionsInvalidError: The threshold or the sample size cannot be used.
        StreamMissingError: A stream is not there.
    """
    first = _sample(workspace, source, effort.rows)
    second = _sample(workspace, target, effort.rows)
    found = propose(first, second, effort.threshold)
    accepted = tuple(_field(one, target.stream) for one in found.accepted)
    doubtful = tuple(_field(one, target.stream) for one in found.doubtful)
    return ProposedMapping(
        accepted=accepted,
        doubtful=doubtful,
        unmatched=found.unmatched,
        unused=found.unused,
        joined_by=found.joined_by,
        joined_rows=found.joined_rows,
        source_rows=first.rows,
        target_rows=second.rows,
        yaml="\n".join(_lines(accepted, doubtful, language)) + "\n",
        tables={one.code_table: _table(one) for one in accepted if one.code_table},
    )


def _sample(workspace: Workspace, end: End, rows: int) -> StreamSample:
    source = workspace.source_end(end.connection).build()
    try:
        schema = source.describe(end.stream)
        return sample_of(end.stream, first_rows(source, end.stream, rows), schema.key)
    finally:
        source.close()


def _field(proposal: Proposal, stream: str) -> ProposedField:
    fragment = fragment_of(proposal, stream)
    FieldMapping.model_validate(fragment.entry, strict=False)
    return ProposedField(
        proposal.source.name,
        proposal.target.name,
        proposal.score,
        tuple(proposal.evidence),
        fragment.entry,
        fragment.table,
        fragment.pairs,
    )


def _table(of: ProposedField) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((KEY, VALUE))
    writer.writerows(of.pairs)
    return text.getvalue()


def _lines(
    accepted: Sequence[ProposedField], doubtful: Sequence[ProposedField], language: Language
) -> Iterator[str]:
    """Yield the mapping; what is not sure enough stands in comments."""
    yield "mapping:"
    yield "  rest: drop"
    yield "  fields:" if accepted else "  fields: []"
    for one in accepted:
        yield from _comments(one, language)
        yield f"    - {_flow(one.entry)}"
    for one in doubtful:
        yield from _comments(one, language)
        yield f"    # - {_flow(one.entry)}"


def _comments(of: ProposedField, language: Language) -> Iterator[str]:
    yield f"    # {_line(of.source)} -> {_line(of.target)}: {of.score:.2f}"
    for reason in of.reasons:
        yield f"    #   {_line(told(reason, language))}"


def _line(text: str) -> str:
    """Return text without what would end a comment."""
    return " ".join(text.split())


def _flow(entry: Mapping[str, object]) -> str:
    """Return an entry on one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = _WIDTH
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    text = io.StringIO()
    yaml.dump(dict(entry), text)
    return text.getvalue().strip()
