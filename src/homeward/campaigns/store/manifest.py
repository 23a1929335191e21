"""The manifest of a campaign, read from a file that anybody may have written, and checked key by key."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from homeward.documents import DocumentError, parse_json
from homeward.errors import InputError, one_line

MANIFEST, FORMAT = "manifest.json", 2
OLDER = (1,)  # read, but without hashes of their parts
HASH = "sha256"  # of all else in the manifest; older ones have none
MOST_RUNS, MOST_LANES = 10**8, 2**16
Word = Annotated[str, Field(max_length=500)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _inside(name: str) -> str:
    """A file within a folder, and no way out of it."""
    if "\\" in name or any(not part.strip(". ") or "\0" in part for part in name.split("/")):
        raise ValueError("expected the name of a file within the folder")
    return name


def _inside_system(path: str) -> str:
    """A path that the system can be asked for."""
    if not path or "\0" in path or not Path(path).name:
        raise ValueError("expected the path of a file")
    return path


FileName = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_inside)]
Whole = Annotated[int, Field(strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Column(_Part):
    """A column of the table of runs."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Word = ""
    text: Word = ""
    metric: bool = False


class Input(_Part):
    """A file that the campaign was flown with: where it was, its files' hashes, its copy in the folder."""

    key: Word
    path: Annotated[str, Field(max_length=4096), AfterValidator(_inside_system)]
    files: dict[FileName, Sha256]
    copy_in: Annotated[str, Field(alias="copy", pattern="^inputs/[0-9a-f]{16}$")]


class Manifest(_Part):
    """What every manifest has; further keys are kept as they are."""

    kind: Literal["return", "rendezvous"]
    scenario: Word
    scenario_document: dict[str, Any]
    version: dict[str, Word]
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)]
    runs: Annotated[Whole, Field(ge=1, le=MOST_RUNS)]
    lanes: Annotated[Whole, Field(ge=1, le=MOST_LANES)]
    columns: list[Column]
    fidelity: Word | None = None
    plan: Word | None = None
    port: Word | None = None
    sampling: Literal["random", "lhs", "sobol"] = "random"
    machine: dict[str, Any] = {}
    inputs: list[Input] = []
    sha256: Sha256 | None = None


def hash_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest's values, its own hash left out; order of keys and white space do not count."""
    values = {key: value for key, value in manifest.items() if key != HASH}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a folder; raises ``InputError`` naming file and key where it is not ours."""
    label = one_line(str(folder), 200)
    place = f"{label}/{MANIFEST}"
    try:
        found = parse_json((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{label}: expected the folder of a campaign, but it holds no {MANIFEST}") from None
    except OSError as error:
        raise InputError(f"{place}: cannot be read ({error.strerror or 'no reason given'})") from None
    except DocumentError as error:
        raise InputError(f"{place}: expected the manifest of a campaign, but it is {error}") from None
    except ValueError:  # a name that no file can have
        raise InputError(f"{label}: expected the folder of a campaign") from None
    if not isinstance(found, dict) or "format" not in found:
        raise InputError(f"{place}: expected the manifest of a campaign, but it has no format")
    if found["format"] not in (FORMAT, *OLDER):
        raise InputError(f"{place}: expected format {FORMAT}, not {one_line(str(found['format']))}")
    try:
        Manifest.model_validate(found)
    except ValidationError as error:
        raise InputError(f"{place}: {_wrong(error)}") from None
    return found


def changed_since(manifest: Mapping[str, Any]) -> bool:
    """Whether a value of a manifest is not the one that was written; older manifests cannot tell."""
    return manifest.get(HASH) is not None and manifest[HASH] != hash_of(manifest)


def _wrong(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = one_line(".".join(str(part) for part in first["loc"]), 120)
    if first["type"] == "missing":
        return f"expected the manifest of a campaign, but it has no {key}"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"{key}: {one_line(reason, 200)}"


__all__ = [
    "FORMAT",
    "HASH",
    "MANIFEST",
    "MOST_LANES",
    "MOST_RUNS",
    "OLDER",
    "changed_since",
    "hash_of",
    "read_manifest",
]
