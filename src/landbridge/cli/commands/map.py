"""`map propose`: which field of a stream comes from which field of another."""

from pathlib import Path
from typing import Annotated

import typer

from landbridge.app.proposed import Effort, End, ProposedField, ProposedMapping, told
from landbridge.cli.output import Output
from landbridge.cli.session import DONE, session_of

app = typer.Typer(help="Mappings between streams.", no_args_is_help=True)


@app.callback()
def mappings() -> None:
    """Mappings between streams."""


@app.command("propose")
def propose(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Connection that is read.")],
    stream: Annotated[str, typer.Argument(help="Its stream.")],
    target: Annotated[str, typer.Argument(help="Connection that will be written.")],
    target_stream: Annotated[str, typer.Argument(help="Its stream; it must be there.")],
    *,
    threshold: Annotated[
        float, typer.Option(help="Least score of a proposal, from 0 to 1.")
    ] = 0.6,
    sample: Annotated[
        int, typer.Option(help="Rows to read of each stream.", min=1, max=100_000)
    ] = 1000,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the mapping and its code tables, instead of printing."),
    ] = None,
) -> None:
    """Propose a mapping from names, types and sampled values. Applies nothing."""
    session = session_of(context)

    def command() -> int:
        # The dictionary and pinyin are only needed here, and slow to import.
        from landbridge.app.proposing import propose_mapping  # noqa: PLC0415  start-up time

        output = session.output
        with session.workspace() as workspace:
            ends = End(source, stream), End(target, target_stream)
            effort = Effort(sample, threshold)
            found = propose_mapping(workspace, *ends, effort, output.language)
        written = found.write(out) if out is not None else ()
        _show(output, found, printed=out is None)
        for path in written:
            output.say("map_written", file=str(path))
        output.document(found)
        return DONE

    session.run(command)


def _show(output: Output, found: ProposedMapping, *, printed: bool) -> None:
    output.say("map_sampled", source=found.source_rows, target=found.target_rows)
    if found.joined_by:
        output.say("map_joined", rows=found.joined_rows, fields=found.joined_by)
    if found.accepted:
        output.table(
            ("map_from", "map_to", "map_score", "map_evidence"), _rows(output, found.accepted)
        )
    else:
        output.say("map_nothing")
    if found.doubtful:
        output.table(
            ("map_from", "map_to", "map_score", "map_evidence"),
            _rows(output, found.doubtful),
            title=output.text("map_doubtful"),
        )
    if found.unmatched:
        output.say("map_unmatched", fields=", ".join(found.unmatched))
    if found.unused:
        output.say("map_unused", fields=", ".join(found.unused))
    if printed and not output.as_json:
        output.say("map_yaml")
        typer.echo(found.yaml, nl=False)
        for file, text in found.tables.items():
            output.say("map_table", file=file)
            typer.echo(text, nl=False)


def _rows(output: Output, fields: tuple[ProposedField, ...]) -> list[tuple[str, ...]]:
    return [
        (
            one.source,
            one.target,
            f"{one.score:.2f}",
            "\n".join(told(reason, output.language) for reason in one.reasons),
        )
        for one in fields
    ]
