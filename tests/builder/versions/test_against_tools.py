"""Our order of versions is the tools' own, on more than 500 pairs each."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockgate.builder.versions import compare
from tests.builder.versions import pairs
from tests.builder.versions.pairs import Pair
from tests.tools import debian, missing, npm

DPKG = [
    "1.0",
    "1.0-0",
    "1.0-",
    "1.0~",
    "1.0~~",
    "1.0+",
    "1.0a",
    "1.0-1~bpo12+1",
    "1.0.",
    "a",
    "1..0",
]
RPM = [
    "1.0",
    "1.0~rc1",
    "1.0^",
    "1.0^git1",
    "1.0^~a",
    "1.0~^a",
    "1.0.a",
    "1.0a",
    "1.0.1",
    "1_0",
    "1.0-1",
]
SEMVER = [
    "1.0.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-rc.1",
    "1.0.0-1",
    "1.0.0--",
]
MAVEN = [
    "1",
    "1-0",
    "1.0",
    "1-a",
    "1a",
    "1-a1",
    "1.a1",
    "1-sp",
    "1.sp",
    "1-1",
    "1.1",
    "1-1.x",
    "1.x1",
    "1--",
    "..1",
    "1-snapshot",
    "1-foo-0",
    "1.foo.0",
    "1-ga-1",
    "1.final-1",
]
GEM = [
    "1",
    "1.0",
    "1.a",
    "1.0.a",
    "1.0.a.0",
    "1-1",
    "1.pre.1",
    "1.a10",
    "1.a.10",
    "1.0-a-b",
    "0",
    "1.A",
]
COMPOSER = [
    "1.0",
    "v1",
    "1.0.0.0",
    "1.0-dev",
    "1.0-beta",
    "1.0beta2",
    "1.0-RC1",
    "1.0-p1",
    "1.0-stable",
    "2024.01.31",
    "20240131",
    "20240131-1259",
    "1.0-alpha.2-dev",
]


def agree(ecosystem: str, wanted: Sequence[tuple[str, str, int]], least: int = 500) -> None:
    """Every pair of which the tool has said something is ordered alike."""
    assert len(wanted) >= least
    wrong = []
    for a, b, sign in wanted:
        try:
            found: object = compare(ecosystem, a, b)
        except ValueError as error:
            found = error
        if found != sign:
            wrong.append(f"{a} {b}: {found} in place of {sign}")
    assert not wrong, f"{len(wrong)} of {len(wanted)}: " + "; ".join(wrong[:10])


def signed(given: Sequence[Pair], answers: str) -> list[tuple[str, str, int]]:
    """Pairs with the tool's answers, one a line: -1, 0, 1, or ? for what is no version to it."""
    lines = answers.split()
    assert len(lines) == len(given)
    return [(*pair, int(line)) for pair, line in zip(given, lines, strict=True) if line != "?"]


def run(command: Sequence[str | Path], text: str, seconds: int = 60) -> str:
    return subprocess.run(
        command, input=text, text=True, capture_output=True, check=True, timeout=seconds
    ).stdout


def lines(given: Sequence[Pair]) -> str:
    return "".join(f"{a} {b}\n" for a, b in given)


def test_dpkg() -> None:
    if shutil.which("dpkg") is None:
        raise missing("no dpkg on this machine")
    given = pairs.drawn(pairs.dpkg, DPKG)
    script = (
        'while read -r a b; do dpkg --validate-version "$a" && dpkg --validate-version "$b" || '
        '{ echo \'?\'; continue; }; if dpkg --compare-versions "$a" lt "$b"; then echo -1; '
        'elif dpkg --compare-versions "$a" gt "$b"; then echo 1; else echo 0; fi; done 2>/dev/null'
    )
    agree("Debian:12", signed(given, run(["sh", "-c", script], lines(given))))


def test_rpm(tmp_path: Path) -> None:
    program = debian.program("rpm", "usr/bin/rpm", "librpm9")
    label = re.compile(r"(\d+:)?[^:-]+(-[^:-]+)?")
    given = [p for p in pairs.drawn(pairs.rpm, RPM) if all(map(label.fullmatch, p))]
    file = tmp_path / "pairs"
    file.write_text(lines(given))
    code = (
        f"for l in io.lines('{file}') do a, b = l:match('(.-) (.+)') "
        "print(rpm.vercmp(a, b) .. ' ') end"
    )
    done = program.run(
        ["--eval", "%{lua:" + code + "}"],
        env={"RPM_CONFIGDIR": str(program.tree / "usr/lib/rpm"), "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    agree("Rocky Linux:9", signed(given, done.stdout))


def test_npm() -> None:
    given = pairs.drawn(pairs.semver, SEMVER)
    wanted = npms_order(given)
    for ecosystem in ("npm", "crates.io", "Go"):
        agree(ecosystem, wanted)
    # NuGet's order is the same, but for the case of letters.
    agree("NuGet", npms_order([(a.lower(), b.lower()) for a, b in given]))


def npms_order(given: Sequence[Pair]) -> list[tuple[str, str, int]]:
    """What npm's own library says."""
    library = npm._wheel() / "lib/node_modules/npm/node_modules/semver"
    code = (
        f"const s = require({json.dumps(str(library))});"
        "for (const [a, b] of JSON.parse(require('fs').readFileSync(0, 'utf8')))"
        "console.log(s.valid(a) && s.valid(b) ? s.compare(a, b) : '?')"
    )
    done = npm.node(["-e", code], input=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return signed(given, done.stdout)


def test_maven() -> None:
    java = shutil.which("java")
    if java is None:
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")
        home = f"usr/lib/jvm/java-17-openjdk-{machine}"
        java = str(debian.program("openjdk-17-jre-headless", f"{home}/bin/java").path)
    jar = debian.program("libmaven3-core-java", "usr/share/java/maven3-artifact.jar").path
    given = pairs.drawn(pairs.maven, MAVEN)
    versions = [version for pair in given for version in pair]
    name = "org.apache.maven.artifact.versioning.ComparableVersion"
    said = run([java, "-Xshare:auto", "-cp", str(jar), name, *versions], "")
    # It prints how each compares with the one before: `   1.0-alpha < 1.0`.
    rows = [line.split() for line in said.splitlines() if line.startswith("   ")]
    answers = [{"<": "-1", "==": "0", ">": "1"}[row[1]] for row in rows[::2]]
    agree("Maven", signed(given, "\n".join(answers)))


def test_gem() -> None:
    program = debian.program("ruby3.1", "usr/bin/ruby3.1", "libruby3.1")
    given = pairs.drawn(pairs.gem, GEM)
    code = (
        "require 'rubygems'; STDIN.each_line { |l| a, b = l.split(' ');"
        "ok = [a, b].all? { |v| Gem::Version.correct?(v) };"
        "puts ok ? Gem::Version.new(a) <=> Gem::Version.new(b) : '?' }"
    )
    folders = [f for f in (program.tree / "usr/lib/ruby").rglob("3.1.0") if f.is_dir()]
    folders += program.tree.glob("usr/lib/*/ruby/3.1.0")
    folders.append(program.tree / "usr/lib/ruby/vendor_ruby")
    options = [f"-I{folder}" for folder in folders]
    done = program.run(["--disable-gems", *options, "-e", code], input=lines(given))
    assert done.returncode == 0, done.stderr
    agree("RubyGems", signed(given, done.stdout))


def test_composer() -> None:
    program = debian.program("php8.2-cli", "usr/bin/php8.2", "php-composer-semver")
    given = pairs.drawn(pairs.composer, COMPOSER)
    folder = program.tree / "usr/share/php/Composer/Semver"
    code = (
        f"require '{folder}/autoload.php'; $p = new Composer\\Semver\\VersionParser;"
        "while ($l = fgets(STDIN)) { [$a, $b] = explode(' ', trim($l)); try {"
        '$a = $p->normalize($a); $b = $p->normalize($b); echo version_compare($a, $b), "\\n"; }'
        'catch (UnexpectedValueException $e) { echo "?\\n"; } }'
    )
    done = program.run(["-n", "-r", code], input=lines(given), env={"PHPRC": os.devnull})
    assert done.returncode == 0, done.stdout + done.stderr
    agree("Packagist", signed(given, done.stdout))


def test_pep440() -> None:
    """Held to the order that PEP 440 writes down, which `packaging` must keep too."""
    from packaging.version import InvalidVersion, Version

    given = pairs.drawn(pairs.pep440)
    wanted = []
    for a, b in given:
        try:
            first, second = Version(a), Version(b)
        except InvalidVersion:
            with pytest.raises(ValueError):
                compare("PyPI", a, b)
            continue
        wanted.append((a, b, (first > second) - (first < second)))
    agree("PyPI", wanted)
