"""Kinds of values that several options of an HTTP API share."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field


def _web_address(url: str) -> str:
    found = urlsplit(url)
    if found.scheme not in {"http", "https"} or not found.hostname:
        raise ValueError("an address begins with http:// or https:// and names a host")
    if found.username is not None or found.password is not None:
        raise ValueError("credentials belong in `auth`, not in the address")
    if found.fragment:
        raise ValueError("an address of an API has no part after #")
    return url


def _path_only(path: str) -> str:
    found = urlsplit(path)
    if found.scheme or found.netloc or path.startswith("//") or found.fragment:
        raise ValueError("a path is relative to the connection's url")
    if ".." in found.path.split("/"):
        raise ValueError("a path does not climb")
    return path


WebAddress = Annotated[str, AfterValidator(_web_address)]
PathOnly = Annotated[str, AfterValidator(_path_only)]
JsonPath = Annotated[
    str,
    Field(
        description="Names on the way into the JSON answer, joined by dots; a number counts "
        "into a list from 0, `*` takes all of a list or an object; empty for all of it.",
        examples=["data.items", "data.*.lines"],
    ),
]
Param = Annotated[str, Field(min_length=1, description="Name of a parameter.")]
Size = Annotated[int, Field(gt=0, description="Records asked for in a page.")]
MomentFormat = Literal["iso", "iso_z", "date", "epoch_secs", "epoch_ms"]
