"""What a model expects at a place of a document: names allowed, kinds, examples."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from annotated_types import BaseMetadata, Ge, GroupedMetadata, Gt
from pydantic import BaseModel, Discriminator, SecretBytes, SecretStr, Tag
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from landbridge.specs.tree import Node, Path, child

_KINDS: Mapping[object, str] = {
    str: "text",
    SecretStr: "text",
    SecretBytes: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at one place.

    Attributes:
        branches: Types allowed there; more than one for alternatives. `None` is left out.
        discriminator: Key that tells the alternatives apart, or "".
        optional: Whether null is allowed.
        metadata: Constraints and descriptions of the place.
        field: The field's declaration, when the place is a field of a model.
    """

    branches: tuple[Any, ...]
    discriminator: str = ""
    optional: bool = False
    metadata: tuple[Any, ...] = ()
    info: FieldInfo | None = None


@dataclass(slots=True)
class Found:
    """Where an error of pydantic is in the document.

    Attributes:
        path: Path in the document, without pydantic's labels of alternatives.
        shape: What the model expects there, as far as known.
        owner: The innermost model on the way, whose field may be unknown.
        union_path: Where alternatives without a tag were tried, or `None`.
    """

    path: Path
    shape: Shape
    owner: type[BaseModel] | None = None
    union_path: Path | None = None
    node: Node | None = field(default=None, repr=False)


UNKNOWN = Shape(())


def shape_of(annotation: Any, info: FieldInfo | None = None) -> Shape:
    """Return what an annotation allows."""
    metadata: list[Any] = list(info.metadata) if info is not None else []
    discriminator: Any = info.discriminator if info is not None else None
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation, *extra = get_args(annotation)
            metadata.extend(extra)
        elif _is_optional_of_one(annotation):
            inner = next(part for part in get_args(annotation) if part is not NoneType)
            below = shape_of(inner, None)
            return Shape(
                below.branches,
                below.discriminator,
                optional=True,
                metadata=(*metadata, *below.metadata),
                info=info,
            )
        else:
            break
    for item in metadata:
        if isinstance(item, FieldInfo | Discriminator) and discriminator is None:
            discriminator = item.discriminator
    branches: tuple[Any, ...] = (annotation,)
    if get_origin(annotation) in {Union, UnionType}:
        branches = get_args(annotation)
    return Shape(
        tuple(branch for branch in branches if branch is not NoneType),
        discriminator if isinstance(discriminator, str) else "",
        optional=NoneType in branches and len(branches) > 1,
        metadata=tuple(metadata),
        info=info,
    )


def follow(model: type[BaseModel], loc: Sequence[str | int], root: Node) -> Found:
    """Walk a model along the location of an error, beside the document."""
    found = Found((), shape_of(model), None, None, root)
    for step in loc:
        if _takes_label(found, step):
            continue
        branch: Any = found.shape.branches[0] if len(found.shape.branches) == 1 else None
        found.shape = UNKNOWN
        if isinstance(step, str) and step == "[key]":
            continue
        if is_model(branch):
            found.owner = branch
            found.shape = field_shape(branch, step)
        elif branch is not None:
            found.shape = _item_shape(branch, step)
        found.path = (*found.path, step)
        found.node = child(found.node, step) if found.node is not None else None
    return found


def is_model(branch: Any) -> TypeGuard[type[BaseModel]]:
    """Return whether a type is a model."""
    return isinstance(branch, type) and issubclass(branch, BaseModel)


def field_shape(model: type[BaseModel], name: str | int) -> Shape:
    """Return what a model expects under a name as written in documents."""
    for attribute, info in model.model_fields.items():
        if name in {info.alias, attribute}:
            return shape_of(info.annotation, info)
    return UNKNOWN


def names_of(model: type[BaseModel]) -> list[str]:
    """Return the names that a model's fields have in documents."""
    return [info.alias or name for name, info in model.model_fields.items()]


def kinds_of(shape: Shape) -> list[str]:
    """Return the kinds of value a place takes, as words of the catalogue."""
    return list(dict.fromkeys(_kind(branch) for branch in shape.branches))


def values_of(shape: Shape) -> list[str]:
    """Return the values a place is limited to, or none when it is not."""
    values: list[str] = []
    for branch in map(bare, shape.branches):
        if get_origin(branch) is Literal:
            values += [str(value) for value in get_args(branch)]
        elif isinstance(branch, type) and issubclass(branch, Enum):
            values += [str(member.value) for member in branch]
    return values


def tags_of(shape: Shape) -> list[str]:
    """Return the values of the discriminator that a place accepts."""
    tags: list[str] = []
    for branch in map(bare, shape.branches):
        if is_model(branch):
            tags += values_of(field_shape(branch, shape.discriminator))
    return tags


def is_secret(shape: Shape) -> bool:
    """Return whether a place holds a secret."""
    return any(bare(branch) in {SecretStr, SecretBytes} for branch in shape.branches)


def example_of(shape: Shape) -> str:
    """Return a value that would be right at a place, in YAML of one line."""
    return json.dumps(_example(shape, depth=0), ensure_ascii=False)


def bare(annotation: Any) -> Any:
    """Return a type without aliases and annotations."""
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _is_optional_of_one(annotation: Any) -> bool:
    if get_origin(annotation) not in {Union, UnionType}:
        return False
    parts = get_args(annotation)
    return len(parts) == 2 and NoneType in parts  # noqa: PLR2004  one type or null


def _takes_label(found: Found, step: str | int) -> bool:
    """Choose among alternatives if `step` is pydantic's label of one of them."""
    shape = found.shape
    if len(shape.branches) < 2 or not isinstance(step, str):  # noqa: PLR2004  alternatives
        return False
    tagged = bool(shape.discriminator) or any(map(_tag, shape.branches))
    for branch in shape.branches:
        if any(_is_label(step, label) for label in _labels(branch, shape.discriminator)):
            found.shape = shape_of(branch)
            if not tagged and found.union_path is None:
                found.union_path = found.path
            return True
    if tagged or (found.node is not None and child(found.node, step) is not None):
        return False
    found.union_path = found.path if found.union_path is None else found.union_path
    found.shape = UNKNOWN
    return True


def _labels(branch: Any, discriminator: str) -> Iterator[str]:
    tag = _tag(branch)
    if tag:
        yield tag
        return
    plain = bare(branch)
    if discriminator and is_model(plain):
        yield from values_of(field_shape(plain, discriminator))
        return
    name = getattr(get_origin(plain) or plain, "__name__", "")
    yield name
    yield f"constrained-{name}"


def _is_label(step: str, label: str) -> bool:
    return step == label or step.lower().startswith(f"{label.lower()}[")


def _tag(branch: Any) -> str:
    if get_origin(branch) is Annotated:
        for item in get_args(branch)[1:]:
            if isinstance(item, Tag):
                return item.tag
    return ""


def _item_shape(branch: Any, step: str | int) -> Shape:
    branch = bare(branch)
    arguments = [part for part in get_args(branch) if part is not Ellipsis]
    if not arguments or get_origin(branch) is Literal:
        return UNKNOWN
    if get_origin(branch) is tuple and isinstance(step, int) and step < len(arguments):
        return shape_of(arguments[step])
    return shape_of(arguments[-1])


def _kind(branch: Any) -> str:
    branch = bare(branch)
    if is_model(branch):
        return "mapping"
    if get_origin(branch) is Literal or (isinstance(branch, type) and issubclass(branch, Enum)):
        return "text"
    origin = get_origin(branch) or branch
    if origin in _KINDS:
        return _KINDS[origin]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "mapping"
    if isinstance(origin, type) and issubclass(origin, Sequence | set | frozenset):
        return "list"
    return "text"


def _example(shape: Shape, depth: int) -> Any:
    info = shape.info
    given = [*(info.examples or [] if info is not None else [])]
    for item in shape.metadata:
        given += (item.examples or []) if isinstance(item, FieldInfo) else []
    if given:
        return given[0]
    if not shape.branches:
        return "text"
    return _example_of_type(bare(shape.branches[0]), shape, depth)


def _example_of_type(branch: Any, shape: Shape, depth: int) -> Any:
    if is_model(branch):
        return _example_of_model(branch, depth)
    values = values_of(Shape((branch,)))
    if values:
        return values[0]
    kind = _kind(branch)
    if kind == "list":
        return [_example(_item_shape(branch, 0), depth + 1)]
    simple: dict[str, Callable[[], Any]] = {
        "integer": lambda: _least(shape),
        "number": lambda: 0.5,
        "boolean": lambda: True,
        "mapping": lambda: {"name": "value"},
    }
    return simple.get(kind, lambda: "text")()


def _example_of_model(model: type[BaseModel], depth: int) -> dict[str, Any]:
    if depth > 3:  # noqa: PLR2004  deep enough to be of use
        return {}
    filled: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        shape = shape_of(info.annotation, info)
        tag = values_of(shape)
        if info.is_required() or (name in {"type", "mode", "action"} and len(tag) == 1):
            filled[info.alias or name] = _example(shape, depth + 1)
    return filled


def _least(shape: Shape) -> int:
    for item in _constraints(shape.metadata):
        if isinstance(item, Ge):
            return int(str(item.ge))
        if isinstance(item, Gt):
            return int(str(item.gt)) + 1
    return 1


def _constraints(metadata: Sequence[Any]) -> Iterator[BaseMetadata]:
    for item in metadata:
        if isinstance(item, BaseMetadata):
            yield item
        elif isinstance(item, GroupedMetadata):
            yield from (part for part in item if isinstance(part, BaseMetadata))
        elif isinstance(item, FieldInfo):
            yield from _constraints(item.metadata)
