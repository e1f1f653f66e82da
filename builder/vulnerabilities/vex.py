"""VEX documents: OpenVEX (https://openvex.dev, 0.2.0 and before) and CycloneDX (1.4 and later)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dockgate.builder.vulnerabilities.exceptions import Statement
from dockgate.linter import files
from dockgate.linter.errors import UsageError
from dockgate.rules.subjects.image import shown

MAX_BYTES = 64 << 20
_OPENVEX = "https://openvex.dev/ns"
_STATUSES = ("not_affected", "affected", "fixed", "under_investigation")
#: What CycloneDX calls the states; what is not here suppresses nothing.
_STATES = {
    "not_affected": "not_affected", "resolved": "fixed", "resolved_with_pedigree": "fixed",
    "false_positive": "not_affected", "exploitable": "affected", "in_triage": "under_investigation",
}  # fmt: skip


def read(path: str) -> list[Statement]:
    """The statements of a document. Raises UsageError for what is none."""
    try:
        document = json.loads(files.read(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no JSON: {shown(str(error))}") from None
    try:
        if isinstance(document, dict) and str(document.get("@context", "")).startswith(_OPENVEX):
            return list(_openvex(document, path))
        if isinstance(document, dict) and document.get("bomFormat") == "CycloneDX":
            return list(_cyclonedx(document, path))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise UsageError(f"{path}: is no VEX document that can be meant: {error}") from None
    raise UsageError(f"{path}: is neither an OpenVEX nor a CycloneDX document")


def _openvex(document: dict[str, Any], path: str) -> Iterator[Statement]:
    for number, given in enumerate(document["statements"], 1):
        where = f"{path}: statement {number}"
        status = given["status"]
        if status not in _STATUSES:
            raise ValueError(f"statement {number} has the unknown status {str(status)[:40]!r}")
        said = given["vulnerability"]
        if isinstance(said, str):  # as it was before 0.2.0
            ids: list[str] = [said]
        else:
            ids = [said["name"], *said.get("aliases", [])]
            if isinstance(said.get("@id"), str):
                ids.append(said["@id"].rpartition("/")[2])
        products = []
        for product in given.get("products", document.get("products", [])):
            parts = tuple(
                name
                for part in (product.get("subcomponents", []) if isinstance(product, dict) else [])
                for name in _openvex_names(part)
            )
            products += [(name, parts) for name in _openvex_names(product)]
        yield Statement(
            tuple(ids),
            status,
            tuple(products),
            shown(str(given.get("justification") or given.get("impact_statement") or "")),
            where,
            str(given.get("timestamp") or document.get("timestamp") or "") + f" {number:06d}",
        )


def _openvex_names(product: Any) -> list[str]:
    """Every name that a product goes by."""
    if isinstance(product, str):
        return [product]
    found = [product.get("@id"), *product.get("identifiers", {}).values()]
    found += [f"sha256:{v}" for k, v in product.get("hashes", {}).items() if k == "sha-256"]
    return [name for name in found if isinstance(name, str)]


def _cyclonedx(document: dict[str, Any], path: str) -> Iterator[Statement]:
    """References (`bom-ref`) are looked up in the document's own components."""
    named: dict[str, str] = {}
    metadata = document.get("metadata", {}).get("component")
    root = metadata.get("purl", "") if isinstance(metadata, dict) else ""
    components = [*document.get("components", [])]
    components += [metadata] if isinstance(metadata, dict) else []
    while components:
        one = components.pop()
        named[one.get("bom-ref", "")] = one.get("purl") or one.get("bom-ref", "")
        components += one.get("components", [])
    for number, given in enumerate(document.get("vulnerabilities", []), 1):
        analysis = given.get("analysis") or {}
        status = _STATES.get(str(analysis.get("state")), "")
        if not status:
            continue
        ids = [given["id"], *(one["id"] for one in given.get("references", []) if one.get("id"))]
        products: list[tuple[str, tuple[str, ...]]] = []
        for target in given.get("affects", []):
            name = _referred(target["ref"], named)
            products.append((name, ()))
            if root and name != root:
                products.append((root, (name,)))
        words = [analysis.get("justification"), analysis.get("detail")]
        yield Statement(
            tuple(ids),
            status,
            tuple(products),
            shown(": ".join(str(word) for word in words if word)),
            f"{path}: vulnerability {number}",
            str(analysis.get("lastUpdated") or "") + f" {number:06d}",
        )


def _referred(reference: str, named: dict[str, str]) -> str:
    """What a reference means; a BOM-Link (`urn:cdx:…#ref`) to another document by its last part."""
    if reference in named:
        return named[reference]
    from urllib.parse import unquote

    last = unquote(reference.partition("#")[2]) if reference.startswith("urn:cdx:") else reference
    return named.get(last, last)
