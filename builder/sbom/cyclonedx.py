"""CycloneDX 1.6 JSON: https://cyclonedx.org/docs/1.6/json/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate import __version__
from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import Distro, Package
from dockgate.builder.sbom import subject
from dockgate.builder.sbom.licenses import expression, is_single
from dockgate.rules.subjects.image import Image

Json = dict[str, Any]

#: Types whose namespace is a group of packages in their own tools.
_GROUPS = frozenset({"composer", "maven", "npm"})
#: Types of packages that a distribution is made of.
_DISTRIBUTIONS = frozenset({"apk", "deb", "rpm"})


def document(image: Image, found: Inventory) -> Json:
    """The bill of materials."""
    references = list(_references(found.packages))
    own = _image(image)
    system = [_system(found.distro)] if found.distro.id else []
    components = [
        _component(package, reference)
        for package, reference in zip(found.packages, references, strict=True)
    ]
    bill: Json = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{subject.identity(image, found)}",
        "version": 1,
        "metadata": {
            "timestamp": subject.created(image),
            "tools": {
                "components": [{"type": "application", "name": "dockgate", "version": __version__}]
            },
            "component": own,
        },
        "components": system + components,
        "dependencies": _dependencies(own, system, found.packages, references),
    }
    if found.unread:
        bill["metadata"]["properties"] = _properties(("unread", why) for why in found.unread)
        bill["compositions"] = [{"aggregate": "incomplete", "assemblies": [own["bom-ref"]]}]
    return bill


def _image(image: Image) -> Json:
    name, digits = subject.name(image), subject.sha256(image)
    component: Json = {"type": "container", "bom-ref": image.digest or name, "name": name}
    if image.digest:
        component["version"] = image.digest
    if digits:
        component["hashes"] = [{"alg": "SHA-256", "content": digits}]
    facts = [("platform", image.platform), ("config", image.config_digest)]
    facts += [("layer", layer.digest) for layer in image.layers]
    component["properties"] = _properties(facts)
    return component


def _system(distro: Distro) -> Json:
    component = {
        "type": "operating-system",
        "bom-ref": f"os:{distro.qualifier}",
        "name": distro.id,
        "version": distro.version,
        "description": distro.name,
    }
    return {key: value for key, value in component.items() if value}


def _references(packages: list[Package]) -> Iterator[str]:
    """A name for each that no other has: its purl, where it is there twice with the path."""
    purls = [package.purl for package in packages]
    known: dict[str, int] = {}
    for purl in purls:
        known[purl] = known.get(purl, 0) + 1
    taken: set[str] = set()
    for package, purl in zip(packages, purls, strict=True):
        reference = purl if known[purl] == 1 else f"{purl}#{subject.path(package)}"
        number = 1
        while reference in taken:
            number += 1
            reference = f"{purl}#{subject.path(package)}#{number}"
        taken.add(reference)
        yield reference


def _component(package: Package, reference: str) -> Json:
    grouped = package.type in _GROUPS
    name = package.name
    if package.type == "golang" and package.namespace:
        name = f"{package.namespace}/{name}"
    component: Json = {
        "type": "library",
        "bom-ref": reference,
        "supplier": {"name": package.supplier} if package.supplier else None,
        "group": package.namespace if grouped else "",
        "name": name,
        "version": package.version,
        "licenses": _licenses(package),
        "purl": package.purl,
        "properties": _properties(
            (
                ("type", package.type),
                ("layer", package.layer),
                ("source", package.source_name),
                ("source-version", package.source_version),
                ("arch", package.arch),
                ("module", package.module),
                ("owner", package.owner),
                ("declared", "true" if package.declared else ""),
            )
        ),
        "evidence": {"occurrences": [{"location": subject.path(package)}]},
    }
    return {key: value for key, value in component.items() if value}


def _licenses(package: Package) -> list[Json]:
    """Either one expression, or licences by their identifiers and names."""
    if len(package.licenses) == 1:
        found = expression(package.licenses[0])
        if found and not is_single(found):
            return [{"expression": found}]
    rows = []
    for stated in package.licenses:
        found = expression(stated)
        rows.append({"license": {"id": found} if is_single(found) else {"name": stated}})
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def _dependencies(
    own: Json, system: list[Json], packages: list[Package], references: list[str]
) -> list[Json]:
    """The image consists of a system and of languages' packages, the system of its packages."""
    reference = own["bom-ref"]
    if not system:
        return [{"ref": reference, "dependsOn": references}]
    base: list[str] = []
    rest: list[str] = []
    for package, one in zip(packages, references, strict=True):
        (base if package.type in _DISTRIBUTIONS else rest).append(one)
    system_reference = system[0]["bom-ref"]
    return [
        {"ref": reference, "dependsOn": [system_reference, *rest]},
        {"ref": system_reference, "dependsOn": base},
    ]


def _properties(pairs: Any) -> list[Json]:
    return [{"name": f"dockgate:{name}", "value": value} for name, value in pairs if value]
