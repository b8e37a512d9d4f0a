"""References to secrets in options become the secrets themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from landbridge.kernel.errors import SecretMissingError
from landbridge.kernel.secret import Secret
from landbridge.security.providers import Provider, provider_of
from landbridge.specs.faults import Place, Where
from landbridge.specs.references import REFERENCE
from landbridge.specs.secret_providers import SecretProvider
from landbridge.specs.tree import Path as FieldPath


@dataclass(frozen=True, slots=True)
class Resolved:
    """Options with secrets in them: hand them to a connector, print them nowhere.

    Attributes:
        options: The options, every reference replaced.
        secrets: The texts that must never be shown, for redaction.
    """

    options: dict[str, JsonValue] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


class SecretResolver:
    """Asks a project's providers, in their order, once for each secret.

    Make a new one for each run: it remembers what it was told, and secrets change.
    """

    def __init__(
        self,
        specs: Sequence[SecretProvider],
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._providers: tuple[Provider, ...] = tuple(
            provider_of(spec, folder, environment) for spec in specs
        )
        self._known: dict[str, Secret] = {}

    def resolve(self, options: Mapping[str, JsonValue], where: Where) -> Resolved:
        """Return options with their references replaced.

        Args:
            options: As the document has them.
            where: Where the document has them; names the place of what is missing.

        Raises:
            SecretMissingError: A secret is in no provider; every such one is named.
            SecretUnreadableError: A provider failed.
        """
        places = dict(_references(dict(options)))
        names = {name for found in places.values() for name in found}
        secrets = {name: self._ask(name) for name in sorted(names)}
        missing = [name for name, secret in secrets.items() if secret is None]
        if missing:
            raise self._missing(missing, places, where)
        known = {name: secret.reveal() for name, secret in secrets.items() if secret}
        resolved = {key: _replaced(value, known) for key, value in options.items()}
        return Resolved(resolved, frozenset(text for text in known.values() if text))

    def resolve_text(self, text: str, where: Where) -> Secret:
        """Return a text, such as a URL, with its references replaced.

        Raises:
            SecretMissingError: As for `resolve`.
            SecretUnreadableError: As for `resolve`.
        """
        parent = Where(where.file, where.root, where.prefix[:-1])
        name = str(where.prefix[-1]) if where.prefix else "text"
        return Secret(str(self.resolve({name: text}, parent).options[name]))

    def _ask(self, name: str) -> Secret | None:
        if name not in self._known:
            for provider in self._providers:
                secret = provider.get(name)
                if secret is not None:
                    self._known[name] = secret
                    break
        return self._known.get(name)

    def _missing(
        self,
        names: Sequence[str],
        places: Mapping[FieldPath, Sequence[str]],
        where: Where,
    ) -> SecretMissingError:
        lines: list[str] = []
        spots: dict[str, Place] = {}
        for path, found in places.items():
            for name in found:
                spots.setdefault(name, where.place(*path))
        for name in names:
            asked = "; ".join(each.described(name) for each in self._providers)
            lines.append(f"{spots[name]}: no secret {name}. Asked: {asked or 'nobody'}.")
        first = spots[names[0]]
        return SecretMissingError(
            "\n".join(lines),
            hint="give the secret to one of these, or correct its name",
            secret=", ".join(names),
            file=first.file,
            line=first.line,
            field=first.field,
        )


def _references(
    value: JsonValue, path: FieldPath = ()
) -> Iterator[tuple[FieldPath, tuple[str, ...]]]:
    if isinstance(value, str):
        found = tuple(match[1] for match in REFERENCE.finditer(value))
        if found:
            yield path, found
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _references(below, (*path, index))
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _references(below, (*path, key))


def _replaced(value: JsonValue, known: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: known[match[1]], value)
    if isinstance(value, list):
        return [_replaced(below, known) for below in value]
    if isinstance(value, dict):
        return {key: _replaced(below, known) for key, below in value.items()}
    return value
