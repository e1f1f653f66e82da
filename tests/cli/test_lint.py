"""`dockgate lint` as a user runs it."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dockgate.__main__ import main
from dockgate.linter import config, shellcheck
from tests.cli.command import dockgate

Lint = Callable[..., tuple[int, str, str]]

BAD = "FROM debian:12.8\nRUN sudo make\nUSER root\n"
GOOD = 'FROM scratch\nCOPY app /app\nUSER 1000\nHEALTHCHECK NONE\nENTRYPOINT ["/app"]\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    config.forget()
    yield
    config.forget()


def put(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.fixture
def lint(capsysbinary: pytest.CaptureFixture[bytes]) -> Lint:
    """Runs `dockgate lint` in this process: (exit code, standard output, standard error)."""

    def run(*argv: str) -> tuple[int, str, str]:
        code = main(["lint", *argv])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def rules(out: str) -> list[str]:
    return [d["rule"] for d in json.loads(out)["diagnostics"]]


def test_findings_with_place_and_code(lint: Lint) -> None:
    put("Dockerfile", BAD)
    code, out, err = lint("Dockerfile", "--select", "root-user")
    assert (code, err) == (1, "")
    assert out.startswith("Dockerfile:3:")
    assert "error root-user" in out
    assert "3 | USER root\n" in out
    assert "^" in out
    assert "1 error in 1 file" in out


def test_a_good_file(lint: Lint) -> None:
    put("Dockerfile", GOOD)
    assert lint() == (0, "no findings in 1 file\n", "")


def test_the_threshold(lint: Lint) -> None:
    put("Dockerfile", "FROM debian:12.8\nRUN apt-get install -y a\nUSER 1\n")
    only = ("--select", "apt-recommends")
    assert lint(*only)[0] == 0
    assert lint(*only, "--fail-on", "info")[0] == 1
    assert lint(*only, "--fail-on", "info", "--exit-zero")[0] == 0
    put(".dockgate.yaml", "fail_on: info\n")
    config.forget()
    assert lint(*only)[0] == 1
    assert lint(*only, "--fail-on", "error")[0] == 0


def test_folders_and_their_configuration(lint: Lint) -> None:
    put("a/Dockerfile", BAD)
    put("b/Dockerfile", BAD)
    put("b/.dockgate.yaml", "rules: {root-user: off}\n")
    put("c/Dockerfile", BAD)
    put(".gitignore", "c/\n")
    code, out, _ = lint("--format", "json", "--select", "root-user,sudo")
    found = [(d["file"], d["rule"]) for d in json.loads(out)["diagnostics"]]
    assert code == 1
    assert found == [
        ("a/Dockerfile", "sudo"),
        ("a/Dockerfile", "root-user"),
        ("b/Dockerfile", "sudo"),
        ("b/Dockerfile", "root-user"),
    ]
    _, out, _ = lint("--format", "json", "--ignore", "sudo", "b", "c/Dockerfile")
    assert "root-user" not in [d["rule"] for d in json.loads(out)["diagnostics"][:1]]
    assert json.loads(out)["summary"]["files"] == 2


def test_a_folder_without_dockerfiles_is_noted(lint: Lint) -> None:
    Path("empty").mkdir()
    code, out, err = lint("empty")
    assert (code, out, err) == (
        0,
        "no findings in 0 files\n",
        "dockgate: no Dockerfile in empty\n",
    )


def test_a_path_named_twice_is_linted_once(lint: Lint) -> None:
    put("Dockerfile", BAD)
    assert json.loads(lint("-f", "json", ".", "Dockerfile")[1])["summary"]["files"] == 1


def test_aliases_work_wherever_names_do(lint: Lint) -> None:
    put("Dockerfile", BAD)
    for name in ("DL3004", "dl3004", "CKV2_DOCKER_1"):
        assert rules(lint("-f", "json", "--select", name)[1]) == ["sudo"]
    assert "sudo" not in rules(lint("-f", "json", "--ignore", "DL3004")[1])


def test_standard_input(tmp_path: Path) -> None:
    ran = dockgate("lint", "-f", "json", "-", stdin=BAD.encode(), cwd=tmp_path)
    assert ran.code == 1
    assert json.loads(ran.out)["diagnostics"][0]["file"] == "<stdin>"
    put("x/.dockgate.yaml", "rules: {sudo: off, root-user: off}\n")
    argv = ("lint", "-f", "json", "--stdin-filename", "x/Dockerfile", "-")
    ran = dockgate(*argv, stdin=BAD.encode(), cwd=tmp_path)
    assert {d["file"] for d in json.loads(ran.out)["diagnostics"]} == {"x/Dockerfile"}
    assert not {"sudo", "root-user"} & set(rules(ran.out))


def test_output_goes_to_a_file(lint: Lint) -> None:
    put("Dockerfile", BAD)
    code, out, _ = lint("--output", "found.json", "-f", "json", "--color", "always")
    assert (code, out) == (1, "")
    assert "root-user" in rules(Path("found.json").read_text())
    assert not [name for name in os.listdir() if name.endswith(".new")]
    assert lint("--output", "no/where") == (
        3,
        "",
        "dockgate: cannot write no/where: No such file or directory\n",
    )


def test_colours(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    put("Dockerfile", BAD)
    assert "\033" not in lint()[1]
    assert "\033[1;31merror" in lint("--color", "always")[1]
    assert "\033" not in lint("--color", "never")[1]


def test_quiet_and_statistics(lint: Lint) -> None:
    put("Dockerfile", BAD)
    lines = lint("-q", "--select", "sudo,root-user")[1].splitlines()
    assert [line.split()[2] for line in lines] == ["sudo", "root-user"]
    assert "     1 error   root-user " in lint("--statistics")[1]


def test_hadolint_format(lint: Lint) -> None:
    put("Dockerfile", BAD)
    (entry,) = json.loads(lint("-f", "hadolint", "--select", "sudo")[1])
    assert (entry["line"], entry["code"], entry["file"]) == (2, "DL3004", "Dockerfile")


def test_context_rules_need_a_context(lint: Lint) -> None:
    put("Dockerfile", "FROM scratch\nCOPY . /\n")
    put(".env", "DB_PASSWORD=hunter2\n")
    only = ("-f", "json", "--select", "secret-in-context")
    assert rules(lint(*only)[1]) == []
    assert rules(lint(*only, "--context", ".")[1]) == ["secret-in-context"]


def test_build_arguments_and_target(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    put("Dockerfile", "ARG T=12.8\nFROM debian:$T AS a\nUSER root\nFROM debian:$T AS b\nUSER 1\n")
    only = ("-f", "json", "--select", "root-user,unpinned-base")
    assert rules(lint(*only)[1]) == []
    assert rules(lint(*only, "--target", "a")[1]) == ["root-user"]
    assert "unpinned-base" in rules(lint(*only, "--build-arg", "T=latest")[1])
    monkeypatch.setenv("T", "latest")
    assert "unpinned-base" in rules(lint(*only, "--build-arg", "T")[1])


UNUSED = "FROM debian:12.8\n# dockgate: ignore=sudo\nRUN make\nUSER 1\n"


def test_fix_writes_what_is_safe(lint: Lint) -> None:
    path = put("Dockerfile", UNUSED.replace("\n", "\r\n"))
    path.chmod(0o600)
    code, out, err = lint("--fix", "--select", "unused-ignore,sudo")
    assert (code, out, err) == (0, "no findings in 1 file\n", "dockgate: 1 fix applied\n")
    assert path.read_bytes() == b"FROM debian:12.8\r\nRUN make\r\nUSER 1\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_unsafe_fixes_only_when_asked_for(lint: Lint) -> None:
    source = "FROM debian:12.8\nRUN apt-get update && apt-get install -y a\nUSER 1\n"
    path = put("Dockerfile", source)
    only = ("--select", "apt-lists-not-removed")
    lint("--fix", *only)
    assert path.read_text() == source
    lint("--fix", "--unsafe-fixes", *only)
    assert "rm -rf /var/lib/apt/lists/*" in path.read_text()


def test_diff_writes_nothing(lint: Lint) -> None:
    path = put("Dockerfile", UNUSED)
    code, out, err = lint("--diff", "--fix", "--select", "unused-ignore,sudo")
    assert (code, err) == (1, "")
    assert out.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n@@ ")
    assert "-# dockgate: ignore=sudo\n" in out
    assert path.read_text() == UNUSED
    put("Dockerfile", GOOD)
    assert lint("--diff") == (0, "", "")


def test_fixed_standard_input_is_written_out(tmp_path: Path) -> None:
    argv = ("lint", "--fix", "--select", "unused-ignore,sudo", "-")
    ran = dockgate(*argv, stdin=UNUSED.encode(), cwd=tmp_path)
    assert (ran.code, ran.out) == (0, UNUSED.replace("# dockgate: ignore=sudo\n", ""))
    assert ran.err == "no findings in 1 file\ndockgate: 1 fix applied\n"


def test_hadolint_configuration_is_taken_over(lint: Lint) -> None:
    put("Dockerfile", BAD)
    put(".hadolint.yaml", "ignored: [DL3004, DL3002]\nformat: json\n")
    _, out, err = lint("-f", "json")
    assert not {"sudo", "root-user"} & set(rules(out))
    assert err.count("\n") == 1
    assert "format has no effect in dockgate" in err


def test_profiles(lint: Lint) -> None:
    put("Dockerfile", "FROM debian:12.8\nRUN apt-get install -y a\nCMD a\nCMD b\nUSER 1\n")
    found = {}
    for name in ("default", "strict", "security"):
        found[name] = set(rules(lint("-f", "json", "--profile", name)[1]))
    assert rules(lint("-f", "json")[1]) == rules(lint("-f", "json", "--profile", "default")[1])
    assert "multiple-cmd" in found["default"] - found["security"]
    assert "unpinned-apt-package" in found["strict"] - found["default"]
    assert "unpinned-base-digest" in found["security"]
    code, _, err = lint("--profile", "lax")
    assert code == 2
    assert "strict" in err


def test_locks(lint: Lint) -> None:
    put("Dockerfile", "FROM a:1\n# dockgate: ignore=sudo\nRUN sudo make\n")
    put("org.yaml", "locked: [sudo]\n")
    _, out, _ = lint("-f", "json", "--config", "org.yaml", "--select", "root-user")
    assert rules(out) == ["sudo"]
    code, out, err = lint("--config", "org.yaml", "--ignore", "DL3004")
    assert (code, out) == (2, "")
    assert err == "dockgate: --ignore sudo: org.yaml has locked it: leave it out\n"


def test_require_reason(lint: Lint) -> None:
    put(".dockgate.yaml", "require_reason: true\n")
    source = "FROM a:1\n# dockgate: ignore=sudo{}\nRUN sudo make\n"
    only = ("-f", "json", "--select", "sudo,ignore-without-reason,unused-ignore")
    put("Dockerfile", source.format(""))
    assert rules(lint(*only)[1]) == ["ignore-without-reason", "sudo"]
    put("Dockerfile", source.format(" reason: the vendor's installer"))
    assert rules(lint(*only)[1]) == []


SCRIPTS = "FROM a:1\nRUN cp $X /\nRUN cp $(y) /\n"


def test_shellcheck_over_many_files(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    for name in "abc":
        put(f"{name}/Dockerfile", SCRIPTS)
    put("c/.dockgate.yaml", "rules: {SC2046: off}\n")
    runs: list[int] = []
    real = shellcheck._run

    def counted(binary: str, texts: Sequence[str], seconds: float) -> object:
        runs.append(len(texts))
        return real(binary, texts, seconds)

    monkeypatch.setattr(shellcheck, "_run", counted)
    code, out, _ = lint("-f", "json", "--shellcheck", "--select", "shellcheck")
    assert code == 1
    found = [(d["file"], d["line"], d["aliases"]) for d in json.loads(out)["diagnostics"]]
    both = [(2, ["SC2086"]), (3, ["SC2046"])]
    assert found == [
        *(("a/Dockerfile", *one) for one in both),
        *(("b/Dockerfile", *one) for one in both),
        ("c/Dockerfile", 2, ["SC2086"]),
    ]
    assert runs == [2]  # equal scripts are looked at once
    code, out, _ = lint("-f", "hadolint", "--shellcheck", "--ignore", "SC2046", "a")
    assert {d["code"] for d in json.loads(out)} & {"SC2086", "SC2046"} == {"SC2086"}
    assert "shellcheck" not in rules(lint("-f", "json")[1])


def test_shellcheck_that_is_missing_ends_the_run(
    lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shellcheck, "installed", lambda: "")
    put("Dockerfile", UNUSED)
    code, out, err = lint("--shellcheck", "--fix")
    assert (code, out) == (3, "")
    assert err == "dockgate: ShellCheck is not installed: pip install 'dockgate[shellcheck]'\n"
    assert Path("Dockerfile").read_text() == UNUSED
    assert lint()[0] != 3


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"\x7fELF\0\0", 3, "binary content (NUL at byte 4)"),
        ("FROM a\n".encode("utf-16"), 3, "UTF-16 text: save it as UTF-8"),
        (b"#" * ((16 << 20) + 1), 3, "larger than 16 MiB"),
        (b"FROM a\n" + b"RUN a\n" * 200_000, 3, "more than 200,000 lines"),
        (b"FROM a\nENV" + b" a=b" * 500_001, 3, "more than 500,000 words"),
        (b"", 1, "syntax-error"),
        (b"\n# nothing\n", 1, "syntax-error"),
        (b"FROM a:1\nRUN " + b"x" * 10_000_000 + b"\n", 1, "syntax-error"),
        (b"NOPE\n", 1, "syntax-error"),
        (b"FROM b:1 AS a\nFROM a AS b\n" * 2, 1, "duplicate-stage-name"),
        (b"FROM a:1\nRUN \xff\xfe\xc3\n", 1, "missing-user"),
    ],
    ids=[
        "binary",
        "utf-16",
        "huge",
        "many lines",
        "many words",
        "empty",
        "comment",
        "long line",
        "unknown",
        "cycle",
        "bytes",
    ],
)
def test_broken_input(lint: Lint, data: bytes, code: int, line: str) -> None:
    put("Dockerfile", data)
    found, out, err = lint("-q")
    assert (found, err) == (code, "")
    assert line in out
    assert len(out) < 10_000


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that nobody can read")
def test_a_file_that_cannot_be_read(lint: Lint) -> None:
    """One that was named is a mistake of the caller; one that was found leaves doubt."""
    Path("Dockerfile").symlink_to("/proc/self/mem")
    put("x.Dockerfile", BAD)
    why = "cannot read Dockerfile: Input/output error"
    assert lint("Dockerfile", "x.Dockerfile") == (2, "", f"dockgate: {why}\n")
    code, out, _ = lint(".")
    assert code == 3
    assert f"Dockerfile undecided {why}" in out
    assert "error root-user" in out


def test_five_thousand_stages(lint: Lint) -> None:
    put("Dockerfile", "FROM a:1 AS s0\n" + "".join(f"FROM s{i} AS s{i + 1}\n" for i in range(5000)))
    code, out, err = lint("-q")
    assert (code, err) == (1, "")
    assert "Dockerfile:5001:" in out


def test_a_pipe_is_read_as_a_file(lint: Lint) -> None:
    """`dockgate lint <(generate)`."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text(BAD))
    writer.start()
    code, out, _ = lint("-q", "pipe")
    writer.join()
    assert code == 1
    assert "pipe:2:" in out


def test_a_rule_that_fails_leaves_the_run_undecided(
    lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dockgate.rules.dockerfile.user import sudo

    def fail(_dockerfile: object) -> None:
        raise ValueError("oops\nand more")

    monkeypatch.setattr(sudo.RULE, "check", fail)
    put("Dockerfile", BAD)
    code, out, _ = lint()
    assert code == 3
    assert "error root-user" in out
    assert "Dockerfile undecided rule sudo failed: ValueError: oops" in out
    found = json.loads(lint("-f", "json")[1])
    assert found["failures"][0]["file"] == "Dockerfile"
    assert lint("--exit-zero")[0] == 3


@pytest.mark.parametrize(
    "name", [".dockerignore", ".gitignore", ".dockgate.yaml", ".hadolint.yaml"]
)
def test_a_pipe_that_a_repository_brings_is_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    os.mkfifo(tmp_path / name)
    ran = dockgate("lint", "--context", ".", cwd=tmp_path)  # the helper's time limit ends a hang
    assert ran.code == {".gitignore": 1, ".dockerignore": 3}.get(name, 2)


def test_a_secret_that_is_none_is_allowed_by_its_hash(tmp_path: Path) -> None:
    token = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    (tmp_path / "Dockerfile").write_text(
        f"FROM debian:12\nENV CI={token}\nRUN <<EOF\ncurl -u me:{token} x\nEOF\nCOPY app.env /\n"
    )
    (tmp_path / "app.env").write_text(f"CI={token}\nDB_PASSWORD=hunter2x9\n")
    config = "secrets:\n  salt: 5e0b7c1f9a3d48c6b2e4f07d91a6c835\n"
    (tmp_path / ".dockgate.yaml").write_text(config)

    def hashes() -> dict[str, set[str]]:
        ran = dockgate("lint", "--context", ".", "--format", "json", cwd=tmp_path)
        found: dict[str, set[str]] = {}
        for one in json.loads(ran.out)["diagnostics"]:
            for text in re.findall(r"add (\w+) to secrets\.allow", one["help"] or ""):
                found.setdefault(one["rule"], set()).add(text)
        return found

    (asked,) = set.union(*hashes().values())
    assert set(hashes()) == {"secret-in-env", "secret-in-heredoc", "secret-in-context"}
    (tmp_path / ".dockgate.yaml").write_text(f"{config}  allow: [{asked}]\n")
    left = hashes()
    assert set(left) == {"secret-in-context"}
    assert asked not in left["secret-in-context"]
