"""How the demo shows what it did: tables on a terminal, in the reader's language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from landbridge.data.ledger import Counts
from landbridge.demo.catalogue import Words


@dataclass(frozen=True, slots=True)
class StreamLine:
    """One stream's copy: from where, to where, and what became of its rows."""

    source: str
    target: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """Rows of one stream that were refused for one reason, with one of them to look at."""

    stream: str
    field: str
    reason: str
    rows: int
    example: str


@dataclass(frozen=True, slots=True)
class ProofLine:
    """Whether a target holds what its source has to give, or why nobody can say."""

    target: str
    source_rows: int
    target_rows: int
    equal: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """What the three systems say about one material, now that they share its name."""

    code: str
    name: str
    mes_code: str
    ordered: int
    produced: int
    inspected: int


@dataclass(frozen=True, slots=True)
class Step:
    """A command to try next, and what it is good for."""

    command: str
    purpose: str


class Report:
    """Writes the demo's findings to a console. Nothing in it is markup of the console's."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words

    def say(self, sentence: str, *, style: str = "") -> None:
        """Write one sentence."""
        self._console.print(Text(sentence, style=style))

    def head(self, sentence: str) -> None:
        """Begin a part of the report."""
        self._console.print()
        self.say(sentence, style="bold")

    def ledger(self, lines: Sequence[StreamLine]) -> None:
        """Show what became of every row, stream by stream and in all."""
        words = self._words
        self.head(words.copying)
        table = _table(words.stream)
        counted = (
            words.read,
            words.written,
            words.filtered,
            words.quarantined,
            words.superseded,
        )
        for name in counted:
            table.add_column(Text(name), justify="right")
        table.add_column(Text(words.balance))
        for line in lines:
            table.add_row(Text(line.source), *self._counts(line.counts))
        total = sum((line.counts for line in lines), Counts())
        table.add_section()
        table.add_row(Text(words.total), *self._counts(total))
        self._console.print(table)

    def quarantine(self, lines: Sequence[RefusedLine]) -> None:
        """Show what was refused, why, and one row for each reason."""
        words = self._words
        self.head(words.quarantine if lines else words.quarantine_empty)
        for line in lines:
            count = Text(f"{line.rows:>5,} ")
            place = Text(f"{line.stream}.{line.field}: ", style="cyan")
            self._console.print(count, place, Text(line.reason), sep="")
            self._one_line(Text(f"      {line.example}", style="dim"))

    def proof(self, lines: Sequence[ProofLine]) -> None:
        """Show whether source and target are equal."""
        words = self._words
        self.head(words.proof)
        table = _table(words.target)
        table.add_column(Text(words.source_rows), justify="right")
        table.add_column(Text(words.target_rows), justify="right")
        table.add_column(Text(words.verdict))
        for line in lines:
            verdict = _verdict(words.equal, words.differs, good=line.equal)
            repeated = line.source_rows - line.target_rows
            if line.equal and repeated:
                verdict.append(words.repeated.format(count=repeated), style="dim")
            table.add_row(
                Text(line.target),
                Text(f"{line.source_rows:,}"),
                Text(f"{line.target_rows:,}"),
                verdict,
            )
        self._console.print(table)
        for line in lines:
            if line.error:
                self.say(f"{line.target}: {line.error}", style="red")

    def materials(self, lines: Sequence[MaterialLine]) -> None:
        """Show a few materials that all three systems speak about."""
        words = self._words
        self.head(words.unified)
        table = _table(words.material, "", words.mes_code)
        for name in (words.ordered, words.produced, words.inspected):
            table.add_column(Text(name), justify="right")
        for line in lines:
            numbers = (line.ordered, line.produced, line.inspected)
            cells = (line.code, line.name, line.mes_code, *(f"{n:,}" for n in numbers))
            table.add_row(*map(Text, cells))
        self._console.print(table)

    def steps(self, steps: Iterable[Step]) -> None:
        """Say what to try next."""
        self.head(self._words.next_steps)
        for step in steps:
            self.say(f"  # {step.purpose}", style="dim")
            self._console.print(Text(f"  {step.command}"), soft_wrap=True)

    def _one_line(self, text: Text) -> None:
        """Write as much as fits in a line."""
        self._console.print(text, no_wrap=True, overflow="ellipsis")

    def _counts(self, counts: Counts) -> Iterable[Text]:
        parts = (
            counts.read,
            counts.written,
            counts.filtered,
            counts.quarantined,
            counts.superseded,
        )
        yield from (Text(f"{part:,}") for part in parts)
        yield _verdict(self._words.balanced, self._words.unbalanced, good=counts.balanced)


def _verdict(good_word: str, bad_word: str, *, good: bool) -> Text:
    return Text(good_word, style="green") if good else Text(bad_word, style="bold red")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(Text(name))
    return table
