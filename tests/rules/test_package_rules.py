"""What the rules on packages say, beyond their examples: names, lines, and time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate.linter.engine import check
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.caches import PIP, YUM, removes
from dockgate.rules.subjects.downloads import address_of
from dockgate.rules.subjects.lockfiles import NamedLocks, loose_calls
from dockgate.rules.subjects.shell import Command
from tests.rules.subjects import read, run

TOPICS = ("packages", "pinning", "languages", "gpu", "network")


def found(name: str, source: str) -> list[Finding]:
    return run([rules_of("dockerfile")[name]], read(source))


def command(script: str) -> Command:
    return read(f"FROM a:1\nRUN {script}\n").commands()[0][1]


def test_a_cache_that_is_cleaned_too_late_names_the_line() -> None:
    source = "FROM fedora:41\nRUN dnf install -y a\nRUN true\nRUN dnf clean all\n"
    assert "line 4 cleans too late" in found("dnf-cache-kept", source)[0].help


def test_every_rule_that_asks_for_cleaning_names_the_cache_mount() -> None:
    for name, call in {
        "dnf-cache-kept": "dnf install -y a",
        "yum-cache-kept": "yum install -y a",
        "zypper-cache-kept": "zypper -n in a",
        "node-cache-kept": "npm ci",
        "pip-cache-kept": "pip install a",
    }.items():
        assert "--mount=type=cache" in found(name, f"FROM a:1\nRUN {call}\n")[0].help


@pytest.mark.parametrize(
    "script",
    [
        "rm -rf /var/cache/yum",
        "rm -rf /var/cache/*",
        "rm -rf /tmp/* /var/cache/{dnf,ldconfig}/*",
        "find /var/cache/yum -type f -delete",
        "dnf clean all",
        "rm -rf /var/cache/y*",
    ],
)
def test_what_empties_yums_cache(script: str) -> None:
    assert removes(command(script), YUM)


@pytest.mark.parametrize(
    "script",
    ["rm -rf /var/cache/apt", "yum clean metadata", "rm -rf /", "rm -rf $X", "echo /var/cache/yum"],
)
def test_what_does_not_empty_yums_cache(script: str) -> None:
    assert not removes(command(script), YUM)


@pytest.mark.parametrize("home", ["~", "/root", "$HOME", "${HOME}", "/home/app"])
def test_a_home_has_many_names(home: str) -> None:
    assert removes(command(f"rm -rf {home}/.cache/pip"), PIP)


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ("wget -O ${V}.tgz https://x.org/a.tgz", "https://x.org/a.tgz"),
        ('curl -fLo /a "$URL"', "$URL"),
        ("curl -sSL ${URL} -o /a.deb", "${URL}"),
        ("curl -o /a.b example.org/a", "example.org/a"),
        ("curl --version", None),
    ],
)
def test_the_address_of_a_download(script: str, address: str | None) -> None:
    word = address_of(command(script))
    assert (word.value if word is not None else None) == address


def test_a_download_verified_after_another_is_not_the_other_s() -> None:
    """A checksum before a download says nothing about it, and one file may be taken only once."""
    source = (
        "FROM debian:12\nRUN curl -fLo a https://x.org/a && sha256sum -c s && chmod +x a; \\\n"
        "  curl -fLo b https://x.org/b && install b /usr/bin && chmod +x b c\n"
    )
    messages = [f.message for f in found("download-without-checksum", source)]
    assert messages == ["curl fetches https://x.org/b, and install installs it, unverified"]


def test_a_target_of_its_own_ships() -> None:
    """Two images in one file: what nothing refers to is built for its own sake."""
    first = "FROM centos:7 AS server\nRUN yum install -y a\n"
    other = "FROM centos:7 AS worker\nRUN yum install -y b && yum clean all\n"
    assert len(found("yum-cache-kept", first + other)) == 1
    assert found("yum-cache-kept", first + other + "COPY --from=server /a /a\n") == []


def test_a_lockfile_of_another_stage_is_none_of_ours() -> None:
    dockerfile = read(
        "FROM node:22 AS a\nCOPY package-lock.json .\nFROM node:22\nRUN npm install\n"
        "FROM a\nRUN npm install\n"
    )
    named = NamedLocks(dockerfile)
    assert [named.before(call) for call in loose_calls(dockerfile)] == [None, "package-lock.json"]


@pytest.mark.parametrize(
    "operand", ["a==1", "a~=1", "a<2", "a>=1,<2", "a @ https://x/a", "./a", "a.whl", "pip", "a===1"]
)
def test_what_settles_a_version_for_pip(operand: str) -> None:
    assert found("unpinned-pip-package", f"FROM a:1\nRUN pip install '{operand}'\n") == []


@pytest.mark.parametrize("operand", ["a", "a>=1", "a!=2", "a[b]", "a>1", "-U a"])
def test_what_settles_no_version_for_pip(operand: str) -> None:
    quoted = operand if operand[0] == "-" else f"'{operand}'"
    assert len(found("unpinned-pip-package", f"FROM a:1\nRUN pip install {quoted}\n")) == 1


N = 3000
M = 1500  #: a script of more words is not read
BUSY = {
    "updates in one script": "FROM a:1\nRUN " + "apt-get update;" * M + "true\n",
    "installs in one script": "FROM a:1\nRUN " + "yum install -y x;" * M + "yum clean all\n",
    "installs never cleaned": "FROM a:1\n" + "RUN yum install -y x\n" * N,
    "installs cleaned late": "FROM a:1\n" + "RUN npm ci\nRUN rm -rf ~/.npm\n" * N,
    "lockfiles and installs": "FROM a:1\n" + "COPY package*.json yarn.lock ./\nRUN npm i\n" * N,
    "stages with both": "".join(
        f"FROM a:1 AS s{i}\nRUN curl x.y\nRUN wget x.y\n" for i in range(N)
    ),
    "downloads unpacked": "FROM a:1\nRUN " + "curl -o a x.y;tar xf '*b' '*c';" * (M // 4) + "\n",
    "braces": "FROM a:1\nRUN yum install -y x; rm -rf /var" + "{a,b}" * M + "\n",
    "bundler": "FROM a:1\n" + "COPY Gemfile* ./\nRUN bundle install\nRUN bundle config a b\n" * N,
}
MOST = 2.0  #: seconds of CPU for all rules on packages; they take a tenth


@pytest.mark.parametrize("name", BUSY)
def test_time_grows_with_the_size(name: str) -> None:
    dockerfile = read(BUSY[name])
    rules = [rule for rule in rules_of("dockerfile").values() if rule.topic in TOPICS]
    before = time.process_time()
    _, failures = check(dockerfile, rules)
    assert failures == []
    assert time.process_time() - before < MOST


@given(
    st.lists(
        st.sampled_from(
            [
                "apt-get update",
                "apt-get install -y x",
                "true",
                "rm -rf /var/cache/yum",
                "make",
                "yum update -y",
                "yum install -y x",
                "yum clean all",
                "apk update",
                "apk add y",
            ]
        ),
        max_size=6,
    )
)
def test_an_update_is_told_only_when_nothing_after_it_uses_the_index(steps: list[str]) -> None:
    source = f"FROM a:1\nRUN {'; '.join(steps) or 'true'}\n"
    for finding in found("index-update-alone", source):
        assert finding.span is not None
        rest = source[finding.span.end :]
        manager = finding.message.split()[0]
        assert f"{manager} install" not in rest
        assert f"{manager} add" not in rest
        assert "make" not in rest
