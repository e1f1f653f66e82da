"""Orders that are written down, where there is no tool to ask: every pair of each chain."""

from __future__ import annotations

import pytest

from dockgate.builder.versions import ECOSYSTEMS, MAX_VERSION, compare

#: From the oldest to the newest; what stands in one entry is equal.
CHAINS = {
    # https://wiki.alpinelinux.org/wiki/Package_policies and `apk version -t`: fractions after a
    # leading zero, suffixes, revisions, commits.
    "Alpine": """0.01 0.06 0.1_pre20060810 0.1_pre20060817 0.1.0_alpha_pre2 0.1.0_alpha
        0.1.0_alpha1 0.1.0_alpha2 0.1.0_alpha10 0.1.0_beta 0.1.0_pre1 0.1.0_rc1 0.1.0 0.1.0-r0
        0.1.0-r1 0.1.0-r10 0.1.0~0af1-r2 0.1.0_cvs1 0.1.0_svn2 0.1.0_git20230101 0.1.0_hg1 0.1.0_p1
        0.1.0_p2 0.1.0_p10 0.1.0a 0.1.0b-r1 0.1.0.1 0.1.3_alpha 0.17-r5 0.51.6-r1 1.02.07
        1.02.10-r1 1.06-r5 1.06-r6 1.07 1.07.5 1.1_rc1 1.1 1.1.1-r1 1.10 1.19 2.01.01_alpha10 2.1
        2.2.39-r1 3.1_p16 006 9.3.2-r4 10-r1 013 20050718-r1 20050718-r2""",
    # PEP 440, "Summary of permitted suffixes and relative ordering".
    "PyPI": """1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2
        1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0=1=1.0.0=v1.0 1.0+abc.5
        1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1 1!0.1""",
    # https://learn.microsoft.com/nuget/concepts/package-versioning
    "NuGet": """1.0.0-1 1.0.0-2 1.0.0-10 1.0.0-Alpha=1.0.0-alpha=1.0-ALPHA 1.0.0-alpha.1
        1.0.0-alpha.beta 1.0.0-beta=1.0.0-BETA+x 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc
        1=1.0=1.0.0=1.0.0.0=1.0.0+meta=01.0 1.0.0.1-a 1.0.0.1=1.0.00.1 1.0.1 1.1 1.10 2.0""",
    # https://go.dev/ref/mod#versions and https://go.dev/doc/toolchain#version
    "Go": """v0.0.0-20191109021931-daa7c04131f5 v0.0.0-20200101000000-daa7c04131f5 v0.1.0
        v1.2.3-0.20191109021931-daa7c04131f5 v1.2.3-pre v1.2.3-pre.0.20191109021931-daa7c04131f5
        v1.2.3=1.2.3=v1.2.3+incompatible v1.2.4-0.20191109021931-daa7c04131f5 v1.2.4 v1.10.0
        go1.21rc1=1.21.0-rc.1 go1.21rc2 go1.21=go1.21.0=1.21.0 go1.21.1=1.21.1 go1.21.10
        go1.22.1=go1.22.1-bigcorp""",
    # https://semver.org/#spec-item-11
    "npm": """1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11
        1.0.0-rc.1 1.0.0=v1.0.0=1.0.0+20130313144700=1=1.0 2.0.0 2.1.0 2.1.1 10.0.0""",
    # rpm-version(7)
    "Red Hat": """1.0~~ 1.0~beta1 1.0~rc1-1 1.0~rc1-2 1.0 1.0-1 1.0-1.el9 1.0-2 1.0^
        1.0^20240101-1 1.0.a 1.0.1 1.2 1.10=1.010 2a 2.0.1 1:0.5 2:0.1""",
}


@pytest.mark.parametrize("ecosystem", CHAINS)
def test_a_chain_is_in_order(ecosystem: str) -> None:
    chain = [entry.split("=") for entry in CHAINS[ecosystem].split()]
    for place, entry in enumerate(chain):
        for a in entry:
            for other_place, other in enumerate(chain):
                for b in other:
                    wanted = (place > other_place) - (place < other_place)
                    assert compare(ecosystem, a, b) == wanted, (a, b)


def test_alpines_chain_has_more_than_500_pairs() -> None:
    assert len(CHAINS["Alpine"].split()) ** 2 > 2000


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [
        ("Debian", "1.0 beta"), ("Debian", "x:1"), ("Debian", ""), ("Debian", "1:"),
        ("Debian", "99999999999:1"), ("Debian", "1_0"),
        ("Alpine", "1.0_foo"), ("Alpine", "1.0bc"), ("Alpine", "v1"), ("Alpine", "1.0-1"),
        ("Rocky Linux", ""), ("Rocky Linux", "a b"), ("Rocky Linux", "x:1"),
        ("npm", "latest"), ("npm", "1.x"), ("npm", "1.2.3.4"), ("Go", "(devel)"), ("Go", ""),
        ("PyPI", "1.0-foo"), ("NuGet", "1.0.0.0.0"), ("NuGet", "v1"), ("RubyGems", "a.1"),
        ("Packagist", "dev-main"), ("Packagist", "foo"), ("Maven", "-a" * 100),
    ],
)  # fmt: skip
def test_what_is_no_version_is_said(ecosystem: str, version: str) -> None:
    with pytest.raises(ValueError):
        compare(ecosystem, version, "1.0")
    with pytest.raises(ValueError):
        compare(ecosystem, "1.0", version)


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
def test_a_version_without_end_is_none(ecosystem: str) -> None:
    with pytest.raises(ValueError):
        compare(ecosystem, "1" * (MAX_VERSION + 1), "1")


def test_an_unknown_ecosystem_is_said() -> None:
    with pytest.raises(LookupError):
        compare("OSS-Fuzz", "1", "2")
