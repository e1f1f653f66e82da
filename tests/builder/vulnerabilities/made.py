"""Images with packages, and OSV data about them, for tests."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dockgate.builder.layout import read_images
from dockgate.builder.vulnerabilities.update import update
from dockgate.rules.rule import File
from dockgate.rules.subjects.image import Image
from tests.builder.images import write_layout

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"  # 7.5
MEDIUM = "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"  # 5.5
NOW = datetime.now(UTC)

Files = Mapping[str, str | bytes | File | None]


def advisory(
    identity: str,
    ecosystem: str,
    name: str,
    events: Sequence[tuple[str, str]] = (("introduced", "0"),),
    *,
    kind: str = "ECOSYSTEM",
    vector: str = "",
    **more: Any,
) -> dict[str, Any]:
    """An OSV record about one package."""
    entry: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events:
        entry["ranges"] = [{"type": kind, "events": [{key: at} for key, at in events]}]
    entry.update(more.pop("affected", {}))
    record = {"id": identity, "modified": NOW.isoformat(), "affected": [entry], **more}
    if vector:
        version = vector[5] if vector.startswith("CVSS:") else "2"
        record["severity"] = [{"type": f"CVSS_V{version}", "score": vector}]
    return record


def osv_zip(path: Path, records: Sequence[Mapping[str, Any]], when: datetime = NOW) -> Path:
    """A zip as osv.dev serves them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            info = zipfile.ZipInfo(f"{record['id']}.json", when.timetuple()[:6])
            archive.writestr(info, json.dumps(record))
    return path


def database(folder: Path, records: Sequence[Mapping[str, Any]], when: datetime = NOW) -> Path:
    """An index of these records alone."""
    path = folder / "vulnerabilities.sqlite"
    update([str(osv_zip(folder / "all.zip", records, when))], path)
    return path


def deb(name: str, version: str, source: str = "") -> str:
    """A paragraph of dpkg's status."""
    made_of = f"Source: {source}\n" if source else ""
    return (
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n{made_of}"
        f"Version: {version}\nMaintainer: nobody\nDescription: x\n\n"
    )


def debian(*packages: str, version: str = "12") -> dict[str, str]:
    """The files of a Debian system."""
    return {
        "etc/os-release": f'ID=debian\nVERSION_ID="{version}"\nPRETTY_NAME="Debian {version}"\n',
        "etc/debian_version": f"{version}.1\n",
        "bin/sh": "#!",
        "var/lib/dpkg/status": "".join(packages),
    }


def apk(name: str, version: str, origin: str = "") -> str:
    """A paragraph of apk's database."""
    return f"C:Q1pSfk\nP:{name}\nV:{version}\nA:x86_64\no:{origin or name}\n\n"


def alpine(*packages: str, version: str = "3.19.1") -> dict[str, str]:
    """The files of an Alpine system."""
    return {
        "etc/os-release": f'ID=alpine\nVERSION_ID={version}\nPRETTY_NAME="Alpine Linux"\n',
        "etc/alpine-release": f"{version}\n",
        "bin/sh": "#!",
        "lib/apk/db/installed": "".join(packages),
    }


def image(folder: Path, *layers: Files) -> Image:
    """The layers as an image that has been read."""
    write_layout(folder, layers, {"User": "nobody"})
    return read_images(str(folder), cached=False)[0]
