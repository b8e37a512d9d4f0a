"""What is written from the code is up to date, complete, and its check is not blind."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from tools import option_law
from tools.generate import connectors, documents
from tools.generate.errors import error_classes
from tools.generate.errors import pages as error_pages
from tools.generate.pages import MARK, differences, write

REPOSITORY = Path(__file__).parents[2]


def test_the_generated_files_are_up_to_date() -> None:
    from tools.generate.__main__ import everything  # noqa: PLC0415  imports the whole product

    assert list(differences(REPOSITORY, everything())) == [], "run: make generate"


def test_a_file_that_differs_lacks_or_stays_behind_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "reference"
    folder.mkdir(parents=True)
    (folder / "changed.md").write_text(f"{MARK}\nold")
    (folder / "behind.md").write_text(f"{MARK}\ngone")
    (folder / "by_hand.md").write_text("mine")
    pages = {"docs/reference/changed.md": f"{MARK}\nnew", "schemas/lacks.json": "{}"}

    found = list(differences(tmp_path, pages))
    changed = list(write(tmp_path, pages))

    assert found == [
        "docs/reference/changed.md: differs",
        "schemas/lacks.json: is not written",
        "docs/reference/behind.md: nothing generates it any more",
    ]
    assert len(changed) == 3
    assert list(differences(tmp_path, pages)) == []
    assert (folder / "by_hand.md").read_text() == "mine"


def test_every_error_has_a_code_of_its_own_and_is_documented() -> None:
    classes = error_classes()
    [page] = error_pages().values()

    codes = Counter(kind.code for kind in classes)

    assert len(classes) > 10
    assert {code for code, count in codes.items() if count > 1} == set()
    assert [kind for kind in classes if "code" not in kind.__dict__] == []
    assert [kind for kind in classes if not (kind.__doc__ or "").strip()] == []
    assert [code for code in codes if f"| `{code}` |" not in page] == []


def test_every_connector_has_a_page_with_every_option() -> None:
    manifests = connectors.manifests()
    pages = connectors.pages(manifests)

    for manifest in manifests:
        page = pages[f"docs/reference/connectors/{manifest.name}.md"]
        missing = [name for name in manifest.options.model_fields if f"`{name}`" not in page]
        assert missing == []
        assert f"({manifest.name}.md)" in pages["docs/reference/connectors/index.md"]


def test_every_field_of_every_document_is_on_its_page() -> None:
    page = documents.pages()["docs/reference/flow.md"]
    for field in ("nodes", "needs", "lateness_secs", "waivers", "code_table"):
        assert f"| `{field}` |" in page


def test_every_option_obeys_the_law_of_names() -> None:
    found = [
        fault
        for manifest in connectors.manifests()
        for fault in option_law.faults(manifest.name, manifest.options)
    ]
    assert found == []


class _Lawless(BaseModel):
    """Breaks every clause once."""

    hostname: str = Field(description="Where.")
    camelCase: str = Field(description="How.")  # noqa: N815  the breach
    shop_region: str = Field(description="Which.")
    read_timeout: int = Field(description="How long.")
    buffer_size: int = Field(description="How much.")
    api_token: str = Field(description="Who.")
    silent: bool = False


class _Lawful(BaseModel):
    """Breaks none."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(description="Where.")
    read_timeout_secs: int | None = Field(default=None, description="How long.")
    api_token: SecretStr | None = Field(default=None, description="Who.")


@pytest.mark.parametrize(
    "fault",
    [
        "shop._Lawless: is open; unknown options must be refused",
        "shop._Lawless.hostname: is called host everywhere else",
        "shop._Lawless.camelCase: is not snake_case",
        "shop._Lawless.shop_region: repeats the connector's name",
        "shop._Lawless.read_timeout: does not end in its unit (_secs or _ms or _days)",
        "shop._Lawless.buffer_size: does not end in its unit (_bytes)",
        "shop._Lawless.api_token: is secret but not declared as SecretStr",
        "shop._Lawless.silent: has no description",
    ],
)
def test_a_lawless_option_is_found(fault: str) -> None:
    assert fault in list(option_law.faults("shop", _Lawless))


def test_lawful_options_are_not_found() -> None:
    assert list(option_law.faults("shop", _Lawful)) == []
