"""Package URLs, held to the library of the purl project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from dockgate.builder.packages.package import Distro, Package, make_purl

DEBIAN = Distro("debian", "12")


@pytest.mark.parametrize(
    ("package", "purl"),
    [
        (
            Package("deb", "zlib1g", "1:1.2.13.dfsg-1", "zlib", "1:1.2.13.dfsg-1", "amd64",
                    namespace="debian", distro="debian-12"),
            "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib",
        ),
        (
            Package("deb", "libstdc++6", "12.2.0-14+b1", "gcc-12", "12.2.0-14", "amd64",
                    namespace="debian", distro="debian-12"),
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64&distro=debian-12"
            "&upstream=gcc-12%4012.2.0-14",
        ),
        (
            Package("rpm", "bind-libs", "32:9.16-1.el9", "bind", "32:9.16-1.el9", "x86_64",
                    namespace="redhat", distro="rhel-9.4", module="bind:9:1:2"),
            "pkg:rpm/redhat/bind-libs@9.16-1.el9?arch=x86_64&distro=rhel-9.4&epoch=32"
            "&rpmmod=bind:9:1:2&upstream=bind-9.16-1.el9.src.rpm",
        ),
        (
            Package("apk", "musl", "1.2.5-r0", "musl", "1.2.5-r0", "x86_64",
                    namespace="alpine", distro="alpine-3.20.3"),
            "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3",
        ),
        (Package("npm", "core", "7.0.0", namespace="@babel"), "pkg:npm/%40babel/core@7.0.0"),
        (
            Package("golang", "zap", "v1.2.0", namespace="go.uber.org"),
            "pkg:golang/go.uber.org/zap@v1.2.0",
        ),
        (Package("pypi", "pip", ""), "pkg:pypi/pip"),
    ],
)  # fmt: skip
def test_purl(package: Package, purl: str) -> None:
    assert package.purl == purl
    read = PackageURL.from_string(purl)
    assert read.to_string() == purl
    assert (read.type, read.name, read.namespace or "") == (*package[:2], package.namespace)


TEXTS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1, max_size=20
)


@given(
    namespace=st.lists(TEXTS, max_size=3),
    name=TEXTS,
    version=TEXTS,
    qualifiers=st.dictionaries(
        st.sampled_from(["arch", "distro", "upstream"]),
        st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
    ),
)
def test_purl_of_any_names_reads_back(
    namespace: list[str], name: str, version: str, qualifiers: dict[str, str]
) -> None:
    purl = make_purl("generic", "/".join(namespace), name, version, qualifiers)
    assert purl.isascii()
    assert " " not in purl
    read = PackageURL.from_string(purl)
    assert read.name == name
    assert (read.namespace or "") == "/".join(namespace)
    assert (read.version or "") == version
    assert read.qualifiers == {key: value for key, value in qualifiers.items() if value}


@pytest.mark.parametrize(
    ("identity", "version", "qualifier", "namespace"),
    [
        ("debian", "12", "debian-12", "debian"),
        ("debian", "", "debian", "debian"),
        ("rhel", "9.4", "rhel-9.4", "redhat"),
        ("opensuse-leap", "15.6", "opensuse-leap-15.6", "opensuse"),
        ("sles", "15.6", "sles-15.6", "suse"),
        ("amzn", "2023", "amzn-2023", "amzn"),
        ("wolfi", "20230201", "wolfi-20230201", "wolfi"),
        ("", "", "", ""),
    ],
)
def test_distro(identity: str, version: str, qualifier: str, namespace: str) -> None:
    distro = Distro(identity, version)
    assert (distro.qualifier, distro.namespace) == (qualifier, namespace)
