"""Ways into a JSON answer."""

from collections.abc import Iterator


def at_path(found: object, path: str) -> object:
    """Return what stands in JSON at a dotted path; with `*` in it, a list of all that do.

    Raises:
        KeyError: Nothing does.

    Example:
        >>> at_path({"data": [{"lines": [1]}, {"lines": [2, 3]}]}, "data.*.lines")
        [1, 2, 3]
        >>> at_path({"pages": [{"next": "b"}]}, "pages.0.next")
        'b'
    """
    if not path:
        return found
    names = path.split(".")
    if "*" not in names:
        for name in names:
            found = _step(found, name)
        return found
    every = list(_every(found, names))
    if names[-1] == "*":
        return every
    return [one for some in every for one in (some if isinstance(some, list) else [some])]


def _every(found: object, names: list[str]) -> Iterator[object]:
    if not names:
        yield found
    elif names[0] != "*":
        yield from _every(_step(found, names[0]), names[1:])
    elif isinstance(found, list | dict):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _every(one, names[1:])
    else:
        raise KeyError("*")


def _step(found: object, name: str) -> object:
    if isinstance(found, dict) and name in found:
        return found[name]
    if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
        return found[int(name)]
    raise KeyError(name)
