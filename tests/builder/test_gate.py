"""The gate on a real engine and a real registry: what is named, and above all what is not."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder.running import COMMAND, FIXTURES, Gate, Result
from tests.engine.client import Engine

CASES = sorted(path.parent.name for path in FIXTURES.glob("*/expected.json"))
CLEAN = """\
FROM busybox:1.36
{more}
USER 10001:10001
HEALTHCHECK CMD ["true"]
CMD ["sleep", "infinity"]
"""


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    (tmp_path / "tmp").mkdir()
    return Gate(engine, tmp_path / "tmp")


@pytest.fixture
def classic(classic_engine: Engine, tmp_path: Path) -> Gate:
    (tmp_path / "tmp").mkdir()
    return Gate(classic_engine, tmp_path / "tmp")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(CLEAN.format(more=f"RUN echo {tmp_path.name} > /made"))
    return folder


@pytest.fixture
def kept(gate: Gate, context: Path) -> Iterator[str]:
    """The name of an image that the engine has, from the gate."""
    name = f"dockgate-test/{os.urandom(4).hex()}:1"
    assert gate("build", "-t", name, context).exit == 0
    yield name
    gate.remove(name)


def expected_of(case: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((FIXTURES / case / "expected.json").read_text())
    return found


def hold_to(expected: dict[str, object], result: Result) -> None:
    report = result.json
    assert (result.exit, report["verdict"]) == (expected["exit"], expected["verdict"])
    assert bool(report["digest"]) is expected["digest"]
    wanted = expected["reasons"]
    assert isinstance(wanted, list)
    assert bool(report["reasons"]) is bool(wanted)
    for word in wanted:
        assert any(word in reason for reason in report["reasons"]), (word, report["reasons"])


@pytest.mark.parametrize("case", CASES)
def test_what_must_be_said_of_each_fixture(gate: Gate, case: str) -> None:
    expected = expected_of(case)
    name = f"{gate.engine.registry}/gate-{case}:1"
    if expected["verdict"] == "accepted":
        result = gate("build", "--format", "json", "--push", "-t", name, case)
        assert gate.engine.manifest_digest(f"gate-{case}", "1") == result.json["digest"]
    else:
        with gate.nothing_new(f"gate-{case}"):
            result = gate("build", "--format", "json", "--push", "--load", "-t", name, case)
    hold_to(expected, result)
    assert list(gate.temporary.iterdir()) == []


def test_the_judged_digest_is_what_every_name_points_at(gate: Gate, context: Path) -> None:
    names = [f"{gate.engine.registry}/gate-names/{word}" for word in ("a:1", "a:2", "b:1")]
    words = [word for name in names for word in ("-t", name)]
    result = gate("build", "--format", "json", "--push", "--load", *words, context)
    assert result.exit == 0
    digest = result.json["digest"]
    assert {gate.id_of(name) for name in names} == {digest}
    assert gate.engine.manifest_digest("gate-names/a", "1") == digest
    assert gate.engine.manifest_digest("gate-names/b", "1") == digest
    gate.remove(*names)


def test_text_names_verdict_digest_and_next_step(gate: Gate, context: Path) -> None:
    result = gate("build", context)
    assert result.exit == 0
    assert "accepted sha256:" in result.out
    assert "--tag NAME" in result.out
    assert "#1 [internal]" in result.err  # plain progress, as it is not a terminal


def test_without_a_name_nothing_is_loaded(gate: Gate, context: Path) -> None:
    with gate.nothing_new():
        assert gate("build", context).exit == 0


def test_quiet_prints_the_digest_alone(gate: Gate, context: Path) -> None:
    result = gate("build", "-q", context)
    assert (result.exit, result.err) == (0, "")
    assert len(result.out) == len("sha256:") + 64 + 1


def test_result_files_are_for_accepted_images(gate: Gate, context: Path, tmp_path: Path) -> None:
    iid, metadata, bill = (tmp_path / name for name in ("iid", "metadata.json", "bom.json"))
    files = ("--iidfile", iid, "--metadata-file", metadata, "--sbom-file", bill)
    name = "dockgate-test/result-files:1"
    for stale in (iid, metadata, bill):
        stale.write_text("of an earlier build")
    assert gate("build", *files, "-t", name, "refused-by-scan").exit == 1
    assert not any(tmp_path.glob("*.json"))
    assert not iid.exists()
    result = gate("build", "--format", "json", *files, "-t", name, context)
    assert iid.read_text() == gate.id_of(name) == result.json["digest"]
    written = json.loads(metadata.read_text())
    assert written["containerimage.digest"] == result.json["digest"]
    assert written["image.name"] == f"docker.io/{name}"
    listed = json.loads(bill.read_text())
    assert listed["bomFormat"] == "CycloneDX"
    assert listed["metadata"]["component"]["version"] == result.json["digest"]
    assert listed["metadata"]["component"]["name"] == name
    gate.remove(name)


@pytest.mark.parametrize(
    ("policy", "code", "told"),
    [
        ("{size: {max_size: 1MB}}", 1, "size.max_size"),
        ("{size: {max_layers: 1}}", 1, "size.max_layers"),
        ("{base_image: {required_labels: [build.date]}}", 1, "build.date"),
        ("{base_image: {allowed_registries: [registry.example.com]}}", 1, "allowed_registries"),
        ("{base_image: {blocked_registries: [docker.io]}}", 1, "blocked_registries"),
        ("{vulnerabilities: {max_critical: 0}}", 3, "max_critical"),
        ("{signing: {required: true}}", 3, "signing.required"),
        ("{size: {max_size: 5GB, max_layers: 99}}", 0, ""),
    ],
)
def test_a_policy_decides(
    gate: Gate, context: Path, tmp_path: Path, policy: str, code: int, told: str
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"image_security_policy: {policy}\n")
    with gate.nothing_new():
        result = gate("build", "--format", "json", "--policy", path, context)
    assert result.exit == code
    assert told in " ".join(result.json["reasons"])


def test_strict_refuses_warnings(gate: Gate, context: Path) -> None:
    result = gate("build", "--format", "json", "--policy", "strict", context)
    assert result.exit == 1
    assert "unpinned-base-digest" in " ".join(result.json["reasons"])


def test_a_label_from_the_command_line_counts(gate: Gate, context: Path, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("image_security_policy: {base_image: {required_labels: [build.date]}}\n")
    assert gate("build", "--label", "build.date=today", "--policy", path, context).exit == 0


def test_flags_reach_buildkit(gate: Gate, tmp_path: Path, context: Path) -> None:
    (context / "left-out.txt").write_text("x")
    (context / "other.Dockerfile.dockerignore").write_text("left-out.txt\n*.Dockerfile*\n")
    other = context / "other.Dockerfile"
    other.write_text(
        CLEAN.format(
            more="ARG WORD\nCOPY *.txt Dockerfile /there/\n"
            "RUN --mount=type=secret,id=pass "
            'test "$WORD" = said && test -s /run/secrets/pass && test ! -e /there/left-out.txt'
        ).replace("busybox:1.36", "busybox:1.36 AS wanted")
        + "FROM scratch AS never\nCOPY missing /\n"
    )
    (tmp_path / "pass").write_text("for the build only")
    result = gate(
        "build", "-f", other, "--build-arg", "WORD=said", "--target", "wanted", "--no-cache",
        "--pull", "--secret", f"id=pass,src={tmp_path / 'pass'}", "--network", "none",
        "--platform", "linux/amd64", "--progress", "plain", context,
    )  # fmt: skip
    assert result.exit == 0, result.err


@pytest.mark.parametrize("name", ["a, b", 'a, "b', "a\nb", "ü ✓"])
def test_an_odd_temporary_directory(gate: Gate, context: Path, tmp_path: Path, name: str) -> None:
    gate.temporary = tmp_path / name
    gate.temporary.mkdir()
    assert gate("build", context).exit == 0
    assert list(gate.temporary.iterdir()) == []


def test_values_of_build_args_are_not_repeated(gate: Gate, context: Path) -> None:
    gate.extra["PYTHON_ON_WHALES_DEBUG"] = "1"
    (context / "Dockerfile").write_text(CLEAN.format(more="RUN exit 9"))
    result = gate("build", "-q", "--build-arg", "ANY=s3cr3t-value", "--format", "json", context)
    assert result.exit == 3
    assert "s3cr3t-value" not in result.out + result.err


@pytest.mark.parametrize(
    "words",
    [("-o", "type=docker", "."), ("--cache-to", "x", "."), ("--no-such-flag", "."), ("-",), ("https://example.com/x.git",),
     ("--platform", "linux/amd64,linux/arm64", "."), ("--push", "."), ("-t", "Not/Valid", "."),
     ("--policy", "missing.yaml", "."), ("missing-folder",), ()],
)  # fmt: skip
def test_usage_errors_are_one_line(gate: Gate, context: Path, words: tuple[str, ...]) -> None:
    result = gate("build", *words, cwd=context)
    assert result.exit == 2
    assert result.out == ""
    assert len(result.err.splitlines()) == 1


def test_an_engine_that_is_away(gate: Gate, context: Path) -> None:
    gate.extra["DOCKER_HOST"] = "unix:///no/such.sock"
    result = gate("build", "--format", "json", "-t", "x:1", context)
    assert (result.exit, result.json["verdict"]) == (3, "undecided")
    assert len(result.json["reasons"]) == 1
    assert "start it" in result.json["reasons"][0]
    assert list(gate.temporary.iterdir()) == []


def test_no_client_at_all(gate: Gate, context: Path, tmp_path: Path) -> None:
    gate.extra["PATH"] = str(tmp_path)
    result = gate("build", "--format", "json", context)
    assert result.exit == 3
    assert "install docker" in result.json["reasons"][0]


def test_a_registry_that_is_away_is_undecided(gate: Gate, context: Path) -> None:
    name = "127.0.0.1:9/x:1"
    with gate.nothing_new():
        result = gate("build", "--format", "json", "--push", "-t", name, context)
    assert result.exit == 3
    assert result.json["digest"]
    assert "127.0.0.1:9" in result.json["reasons"][0]


def test_what_stands_when_publishing_breaks_off(gate: Gate, context: Path, tmp_path: Path) -> None:
    repository = f"gate-broken-off/{os.urandom(4).hex()}"
    good, away = f"{gate.engine.registry}/{repository}:1", "127.0.0.1:9/x:1"
    images = gate.engine.images()
    result = gate("build", "--push", "--load", "-t", good, "-t", away, context)
    # No name anywhere before every registry has all of it.
    assert gate.engine.images() == images
    assert gate.engine.registry_tags(repository) == set()
    assert result.exit == 3
    written = gate("build", "--push", "--iidfile", "/dev/full", "-t", good, context)
    assert written.exit == 3
    assert f"done before that, with the judged digest: {good}" in written.out


def test_what_says_which_vulnerabilities_count_is_read_before_the_build(
    gate: Gate, context: Path, tmp_path: Path
) -> None:
    (tmp_path / "vex.json").write_text("{}")
    words = ("-t", "dockgate-test/vex:1", context)
    with gate.nothing_new():
        for option, name in (("--vex", "vex.json"), ("--ignore-file", "none")):
            result = gate("build", option, tmp_path / name, *words)
            assert (result.exit, result.out) == (2, "")
            assert name in result.err
            assert "#1 [internal]" not in result.err
    policy = tmp_path / "policy.yaml"
    policy.write_text("image_security_policy: {vulnerabilities: {max_critical: 0}}\n")
    off = gate("build", "--vulnerabilities", "off", "--policy", policy, *words)
    assert off.exit == 3
    assert "--vulnerabilities off" in off.out


def test_added_rules_of_yara_refuse(gate: Gate, context: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    rule = tmp_path / "rules" / "own.yar"
    rule.write_text('rule acme { strings: $a = "acme-internal" condition: $a }')
    (context / "Dockerfile").write_text(CLEAN.format(more="RUN echo acme-internal > /app"))
    words = ("--yara-rules", rule.parent, "-t", "dockgate-test/yara:1", context)
    with gate.nothing_new():
        refused = gate("build", *words)
        assert refused.exit == 1
        assert "app looks like malware: a file that a rule of YARA means [acme]" in refused.out
        rule.write_text("rule acme { condition: $b }")
        faulty = gate("build", *words)
    assert (faulty.exit, faulty.out) == (2, "")
    assert "own.yar:1: no rule of YARA" in faulty.err
    assert "#1 [internal]" not in faulty.err


def test_flags_have_values_as_dockers_have(gate: Gate, context: Path) -> None:
    name = "dockgate-test/valued:1"
    pushed = gate("build", "--push=true", "--no-cache=false", context)
    assert pushed.exit == 2
    assert "--push needs a name" in pushed.err
    assert gate("build", "--push=false", "--load=true", "--pull=0", "-t", name, context).exit == 0
    gate.remove(name)


def test_a_place_that_cannot_be_written_is_told_before_the_build(
    gate: Gate, context: Path, tmp_path: Path
) -> None:
    with gate.nothing_new():
        result = gate("build", "--iidfile", tmp_path, "-t", "dockgate-test/iid:1", context)
    assert (result.exit, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("start", ["# syntax={}\n", "#!/bin/x\n# syntax={}\n"])
def test_a_foreign_frontend_is_undecided(gate: Gate, context: Path, start: str) -> None:
    dockerfile = context / "Dockerfile"
    dockerfile.write_text(start.format("127.0.0.1:9/evil/frontend:1") + dockerfile.read_text())
    with gate.nothing_new():
        result = gate("build", "--format", "json", "-t", "dockgate-test/frontend:1", context)
    assert result.exit == 3
    assert "frontend" in " ".join(result.json["reasons"])
    assert "127.0.0.1:9" not in result.err  # nobody was asked for it


def test_further_flags_reach_buildkit(gate: Gate, context: Path) -> None:
    (context / "Dockerfile").write_text(
        CLEAN.format(
            more="RUN grep -q 10.9.8.7 /etc/hosts && test $(ulimit -n) = 512 && df /dev/shm"
            " | grep -q 32768"
        )
    )
    result = gate(
        "build", "--no-cache", "--add-host", "db:10.9.8.7", "--ulimit", "nofile=512:512",
        "--shm-size", "32m", "--annotation", "a.b=c", "--provenance", "mode=max",
        "--cache-from", f"{gate.engine.registry}/no/cache:1", "--cache-to", "type=inline",
        "--format", "json", context,
    )  # fmt: skip
    assert result.exit == 0, result.err


def test_a_policy_holds_for_cached_layers_too(gate: Gate, context: Path, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("image_security_policy: {base_image: {allowed_registries: [docker.io]}}\n")
    image = f"{gate.engine.registry}/cache:1"
    result = gate("build", "--policy", path, "--cache-from", image, context)
    assert result.exit == 1
    assert f"--cache-from {image}" in result.out


def test_a_value_from_the_environment_is_in_no_command_line(gate: Gate, context: Path) -> None:
    word = f"71.{time.time_ns()}"
    gate.extra["WAIT"] = word
    (context / "Dockerfile").write_text(CLEAN.format(more="ARG WAIT\nRUN sleep $WAIT"))
    process = gate.start("build", "--build-arg", "WAIT", context)
    try:
        assert wait_until(lambda: any("sleep" in name_of(pid) for pid in running(word)))
        assert {name_of(pid).strip() for pid in running(word)} <= {"sleep", "sh", "busybox"}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_without_standard_streams(gate: Gate, context: Path) -> None:
    name = f"dockgate-test/{os.urandom(4).hex()}:1"
    words = " ".join(map(shlex.quote, [*COMMAND, "build", "-t", name, str(context)]))
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {words} <&- >&- 2>&-"], env=gate.env, timeout=60, check=False
    )
    assert done.returncode == 0
    gate.remove(name)


def test_a_home_that_cannot_be_written(gate: Gate, context: Path) -> None:
    gate.extra |= {"XDG_CACHE_HOME": "/proc/none", "HOME": "/proc/none"}
    name = f"dockgate-test/{os.urandom(4).hex()}:1"
    assert gate("build", "-t", name, context).exit == 0
    gate.remove(name)


def test_two_builds_at_once(gate: Gate, context: Path, tmp_path: Path) -> None:
    name = "dockgate-test/at-once:1"
    other = tmp_path / "other"
    shutil.copytree(context, other)
    with (other / "Dockerfile").open("a") as file:
        file.write("LABEL other=yes\n")
    results: list[Result] = []

    def run(folder: Path) -> None:
        results.append(gate("build", "--format", "json", "-t", name, folder))

    threads = [threading.Thread(target=run, args=(folder,)) for folder in (context, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gate.id_of(name) in {result.json["digest"] for result in results}
    assert {result.exit for result in results} <= {0, 3}
    assert list(gate.temporary.iterdir()) == []
    gate.remove(name)


def running(word: str) -> list[int]:
    """The processes whose command line holds this word."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def wait_until(what: object, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if callable(what) and what():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_build(
    gate: Gate, context: Path, number: signal.Signals, code: int
) -> None:
    word = f"73.{time.time_ns()}"
    (context / "Dockerfile").write_text(CLEAN.format(more=f"RUN sleep {word}"))
    with gate.nothing_new():
        process = gate.start("build", "-t", "dockgate-test/signal:1", context)
        assert wait_until(lambda: any("sleep" in name_of(pid) for pid in running(word)))
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert process.returncode == code
        assert "Traceback" not in err
        assert out == ""
        assert wait_until(lambda: not running(word)), "the build went on"


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def test_live_progress_on_a_terminal(gate: Gate, context: Path) -> None:
    words = [*COMMAND, "build", "--no-cache", str(context)]
    pid, terminal = pty.fork()
    if pid == 0:
        settings = termios.tcgetattr(0)
        settings[3] |= termios.TOSTOP  # stops background writers: the progress must not be one
        termios.tcsetattr(0, termios.TCSANOW, settings)
        os.execve(words[0], words, gate.env)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(terminal, 65536):
            shown += chunk
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"\x1b[1A" in shown  # the cursor goes up: lines are drawn over
    assert b"accepted" in shown


# Existing images


def test_scan_gives_the_verdict_of_build(gate: Gate, kept: str, tmp_path: Path) -> None:
    by_name = gate("scan", "--format", "json", kept)
    assert (by_name.exit, by_name.json["verdict"]) == (0, "accepted")
    assert by_name.json["digest"] == gate.id_of(kept)
    archive = tmp_path / "image.tar"
    gate.engine.run("image", "save", "--output", str(archive), kept)
    assert gate("scan", archive).exit == 0
    layout = tmp_path / "layout"
    layout.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", layout], check=True)
    (layout / "manifest.json").unlink()
    from_folder = gate("scan", "--format", "json", layout)
    assert (from_folder.exit, from_folder.json["digest"]) == (0, gate.id_of(kept))
    assert list(gate.temporary.iterdir()) == []


def test_scan_refuses_what_build_refuses(gate: Gate, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    gate.engine.run(
        "buildx", "build", "--quiet", "--output", f"type=oci,tar=false,dest={layout}",
        str(FIXTURES / "refused-by-scan"),
    )  # fmt: skip
    result = gate("scan", "--format", "json", layout)
    hold_to(expected_of("refused-by-scan"), result)
    output = tmp_path / "report.txt"
    assert gate("scan", "--output", output, layout).out == ""
    assert "refused sha256:" in output.read_text()


def test_scan_names_every_digest(gate: Gate, kept: str, context: Path, tmp_path: Path) -> None:
    other = f"dockgate-test/{os.urandom(4).hex()}:1"
    assert gate("build", "--label", "another=one", "-t", other, context).exit == 0
    archive = tmp_path / "two.tar"
    gate.engine.run("image", "save", "--output", str(archive), kept, other)
    result = gate("scan", archive)
    assert result.exit == 0, result.out
    assert {gate.id_of(name) in result.out for name in (kept, other)} == {True}
    gate.remove(other)


def test_scan_speaks_of_the_image_not_of_its_copy(gate: Gate, kept: str) -> None:
    result = gate("scan", "--platform", "linux/s390x", kept)
    assert result.exit == 3
    assert f"undecided: {kept}: has no image for linux/s390x" in result.out
    assert gate("scan", "--platform", "", kept).exit == 2
    long = gate("scan", "x" * 3000)
    assert long.exit == 3
    assert len(long.out) < 800


def test_scan_of_what_is_not_there(gate: Gate, tmp_path: Path) -> None:
    with gate.nothing_new():
        result = gate("scan", "--format", "json", "dockgate-test/not-there:1")
    assert result.exit == 3
    assert "no registry gives it" in result.json["reasons"][0]
    (tmp_path / "broken.tar").write_bytes(b"no tar" * 1000)
    assert gate("scan", tmp_path / "broken.tar").exit == 3


# An engine without containerd's image store


def test_classic_accepts_and_names(classic: Gate, context: Path) -> None:
    name = "dockgate-test/classic:1"
    result = classic("build", "--format", "json", "-t", name, context)
    assert result.exit == 0, result.err
    assert "cannot export" in result.err
    assert classic.id_of(name) == result.json["digest"]
    assert list(classic.temporary.iterdir()) == []
    classic.remove(name)


def test_classic_leaves_no_dangling_image(classic: Gate, context: Path) -> None:
    with classic.nothing_new():
        assert classic("build", "-t", "dockgate-test/classic:1", "refused-by-scan").exit == 1
    with classic.nothing_new():
        assert classic("build", context).exit == 0


def test_classic_keeps_a_name_that_was_there(classic: Gate, context: Path) -> None:
    name = "dockgate-test/approved:1"
    assert classic("build", "-t", name, context).exit == 0
    with classic.nothing_new():  # the same content is the same image there
        again = classic("build", "-t", "dockgate-test/other:1", "--policy", "strict", context)
    assert again.exit == 1
    assert classic.id_of(name)
    classic.remove(name)


def test_classic_pushes_what_was_judged(classic: Gate, context: Path) -> None:
    name = f"{classic.engine.registry}/gate-classic:1"
    result = classic("build", "--format", "json", "--push", "-t", name, context)
    assert result.exit == 0, result.out
    assert classic.engine.manifest_digest("gate-classic", "1") == result.json["digest"]
    assert list(classic.temporary.iterdir()) == []
