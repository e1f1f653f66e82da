"""SPDX 2.3 JSON: https://spdx.github.io/spdx-spec/v2.3/."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

from dockgate import __version__
from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import Distro, Package
from dockgate.builder.sbom import subject
from dockgate.builder.sbom.licenses import expression, is_single
from dockgate.rules.subjects.image import Image

Json = dict[str, Any]

_DOCUMENT, _IMAGE, _SYSTEM = "SPDXRef-DOCUMENT", "SPDXRef-Image", "SPDXRef-OperatingSystem"
_UNKNOWN = "NOASSERTION"
_DISTRIBUTIONS = frozenset({"apk", "deb", "rpm"})
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9.-]+")
#: `Debian Zlib Maintainers <zlib@debian.org>`
_ADDRESS = re.compile(r"(?P<name>[^<>()]*?)\s*<(?P<address>[^<>()\s]+@[^<>()\s]+)>.*")


def document(image: Image, found: Inventory) -> Json:
    """The bill of materials."""
    texts: dict[str, str] = {}  #: licences that SPDX has no identifier of: reference -> name
    packages = [_image(image)]
    relations = [(_DOCUMENT, "DESCRIBES", _IMAGE)]
    if found.distro.id:
        packages.append(_system(found.distro))
        relations.append((_IMAGE, "CONTAINS", _SYSTEM))
    for number, package in enumerate(found.packages):
        identifier = _identifier(package, number)
        packages.append(_package(package, identifier, texts))
        inside = found.distro.id and package.type in _DISTRIBUTIONS
        relations.append((_SYSTEM if inside else _IMAGE, "CONTAINS", identifier))
    name, identity = subject.name(image), subject.identity(image, found)
    creation: Json = {
        "created": subject.created(image),
        "creators": [f"Tool: dockgate-{__version__}"],
    }
    if found.unread:
        creation["comment"] = "not everything could be read: " + "; ".join(found.unread)
    bill: Json = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": name,
        "documentNamespace": (
            f"https://spdx.org/spdxdocs/dockgate/{quote(name, safe='')}-{identity}"
        ),
        "creationInfo": creation,
        "packages": packages,
        "relationships": [
            {"spdxElementId": of, "relationshipType": kind, "relatedSpdxElement": other}
            for of, kind, other in relations
        ],
    }
    if texts:
        bill["hasExtractedLicensingInfos"] = [
            {"licenseId": reference, "name": text, "extractedText": text}
            for reference, text in sorted(texts.items())
        ]
    return bill


def _base(identifier: str, name: str, version: str, purpose: str) -> Json:
    package = {
        "SPDXID": identifier,
        "name": name,
        "versionInfo": version,
        "primaryPackagePurpose": purpose,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": _UNKNOWN,
        "copyrightText": _UNKNOWN,
    }
    return {key: value for key, value in package.items() if value != ""}


def _image(image: Image) -> Json:
    package = _base(_IMAGE, subject.name(image), image.digest, "CONTAINER")
    digits = subject.sha256(image)
    if digits:
        package["checksums"] = [{"algorithm": "SHA256", "checksumValue": digits}]
    layers = ", ".join(layer.digest for layer in image.layers if layer.digest)
    if layers:
        package["sourceInfo"] = f"platform {image.platform}; layers {layers}"
    return package


def _system(distro: Distro) -> Json:
    package = _base(_SYSTEM, distro.id, distro.version, "OPERATING-SYSTEM")
    if distro.name:
        package["description"] = distro.name
    return package


def _package(package: Package, identifier: str, texts: dict[str, str]) -> Json:
    name = package.name
    if package.namespace and package.type not in _DISTRIBUTIONS:
        name = f"{package.namespace}{':' if package.type == 'maven' else '/'}{name}"
    made = _base(identifier, name, package.version, "LIBRARY")
    made["licenseDeclared"] = _licenses(package, texts)
    if package.supplier:
        made["supplier"] = _organization(package.supplier)
    made["sourceInfo"] = _source(package)
    made["externalRefs"] = [
        {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": package.purl,
        }
    ]
    return made


def _identifier(package: Package, number: int) -> str:
    """The number is that in the inventory, whose order is fixed."""
    name = _NO_IDENTIFIER.sub("-", package.name)[:80].strip("-.")
    return f"SPDXRef-Package-{package.type}-{name}-{number}"


def _licenses(package: Package, texts: dict[str, str]) -> str:
    """All that are stated must be kept to: an expression of them."""
    terms = []
    for stated in package.licenses:
        found = expression(stated)
        if not found:
            found = _reference(stated)
            texts[found] = stated
        terms.append(found)
    terms = list(dict.fromkeys(terms))
    if not terms:
        return _UNKNOWN
    if len(terms) == 1:
        return terms[0]
    return " AND ".join(term if is_single(term) else f"({term})" for term in terms)


def _reference(stated: str) -> str:
    """A reference that the same name always gets."""
    digest = hashlib.sha256(stated.encode("utf-8", "surrogatepass")).hexdigest()
    name = _NO_IDENTIFIER.sub("-", stated)[:40].strip("-.")
    return f"LicenseRef-{name}-{digest[:12]}".replace("--", "-")


def _organization(supplier: str) -> str:
    match = _ADDRESS.fullmatch(supplier)
    if match is None or not match["name"]:
        return f"Organization: {supplier.translate({ord('('): '[', ord(')'): ']'})}"
    return f"Organization: {match['name']} ({match['address']})"


def _source(package: Package) -> str:
    parts = [f"read from {subject.path(package)}"]
    if package.layer:
        parts.append(f"in layer {package.layer}")
    if package.source_name:
        parts.append(f"made from source package {package.source_name} {package.source_version}")
    if package.owner:
        parts.append(f"a part of {package.owner}")
    if package.declared:
        parts.append("named by a lock file only")
    return "; ".join(parts)
