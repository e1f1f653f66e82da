"""A package that is in an image, and its package URL (purl).

https://github.com/package-url/purl-spec
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

#: The types of packages that readers find, as purl names them.
TYPES = (
    "apk", "cargo", "composer", "conda", "deb", "gem", "golang", "maven", "npm", "nuget", "pypi",
    "rpm",
)  # fmt: skip

#: The purl namespace of distributions for which it is not the ID of os-release. openSUSE's IDs,
#: of which there is one for each of its lines, begin with `opensuse`.
_NAMESPACES = {
    "opensuse-leap": "opensuse",
    "opensuse-leap-micro": "opensuse",
    "opensuse-microos": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "rhel": "redhat",
    "sled": "suse",
    "sles": "suse",
    "sle-micro": "suse",
    "suse-microos": "suse",
}

#: Types whose purls are in small letters, whatever their own tools take.
_SMALL = frozenset({"composer", "golang"})


class Distro(NamedTuple):
    """The distribution that an image is made of, from its os-release; all empty when unknown."""

    id: str = ""  #: `debian`, `alpine`, `rhel`
    version: str = ""  #: VERSION_ID, or the codename of a release that has no number yet
    name: str = ""  #: for people: `Debian GNU/Linux 12 (bookworm)`
    like: tuple[str, ...] = ()  #: ID_LIKE: what it descends from, the nearest first

    @property
    def qualifier(self) -> str:
        """The purl qualifier `distro`: `debian-12`."""
        return f"{self.id}-{self.version}" if self.version else self.id

    @property
    def namespace(self) -> str:
        """The purl namespace of its packages: `debian`, `redhat`."""
        return _NAMESPACES.get(self.id, self.id)


class Package(NamedTuple):
    """One package as it is installed. A package that is there twice is two of them."""

    type: str  #: one of `TYPES`
    name: str
    #: as its own tools print it; of an RPM `epoch:version-release`, without an epoch that is 0
    version: str
    source_name: str = ""  #: of the source package that a distribution made it from; else empty
    source_version: str = ""
    arch: str = ""  #: in the distribution's words: `amd64`, `x86_64`, `all`, `noarch`
    licenses: tuple[str, ...] = ()  #: as stated: names or expressions, not all of them SPDX's
    layer: str = ""  #: digest of the layer that brought it
    path: str = ""  #: of the database or manifest that says so
    namespace: str = ""  #: `debian`, a Maven group, an npm scope with its @, Go's path above
    distro: str = ""  #: of packages of a distribution: `debian-12`
    supplier: str = ""  #: who packaged it, as stated
    module: str = ""  #: of an RPM of a module: `nodejs:18:8080020230718:63b34585`
    #: only a lock file names it: nothing tells that it is installed
    declared: bool = False
    #: of a language's package: that of the distribution whose file its manifest is. The fixes in
    #: it are the distribution's, and so are the advisories
    owner: str = ""

    @property
    def purl(self) -> str:
        """The package URL: `pkg:deb/debian/zlib1g@1:1.2.13-1?arch=amd64&distro=debian-12`.

        `upstream` names the source package where it is not the package's own name and version.
        """
        version = self.version
        qualifiers = {"arch": self.arch, "distro": self.distro, "upstream": self._upstream()}
        if self.type == "rpm":
            epoch, colon, rest = version.partition(":")
            if colon:
                qualifiers["epoch"], version = epoch, rest
            qualifiers["rpmmod"] = self.module
        return make_purl(self.type, self.namespace, self.name, version, qualifiers)

    def _upstream(self) -> str:
        if not self.source_name or (self.source_name, self.source_version) == self[1:3]:
            return ""
        if self.type == "rpm":
            return f"{self.source_name}-{self.source_version.rpartition(':')[2]}.src.rpm"
        if self.source_version == self.version:
            return self.source_name
        return f"{self.source_name}@{self.source_version}"


def make_purl(
    kind: str, namespace: str, name: str, version: str, qualifiers: Mapping[str, str] | None = None
) -> str:
    """Put a package URL together; names are given as its type has them (PyPI's normalised, …)."""
    if kind in _SMALL:
        namespace, name = namespace.lower(), name.lower()
    parts = [f"pkg:{kind}"]
    parts += [_encoded(part) for part in namespace.split("/") if part]
    parts.append(_encoded(name))
    purl = "/".join(parts)
    if version:
        purl += f"@{_encoded(version)}"
    given = sorted((key, value) for key, value in (qualifiers or {}).items() if value)
    if given:
        purl += "?" + "&".join(f"{key}={_encoded(value, '/')}" for key, value in given)
    return purl


def _encoded(text: str, also: str = "") -> str:
    """Percent-encoded, save what the specification wants kept: letters, digits and `.-_~:`."""
    return quote(text, safe=":" + also)
