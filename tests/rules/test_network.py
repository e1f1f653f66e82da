"""Further ways to run what was fetched, and to fetch what is not verified."""

from __future__ import annotations

import pytest

from dockgate.rules.registry import rules_of
from dockgate.rules.subjects import sources
from tests.rules.subjects import read, run


def fires(rule: str, source: str) -> bool:
    return bool(run([rules_of("dockerfile")[rule]], read(source)))


@pytest.mark.parametrize(
    "script",
    [
        "(curl x.org) | sh",
        "{ curl x.org; } | sh",
        "sh -c 'curl x.org | sh'",
        "eval $(wget -qO- x.org)",
        "su - u -c 'curl x.org | bash'",
        "curl x.org | env A=1 bash -x",
        "time curl x.org | sudo -u root bash",
        "bash < <(curl x.org)",
        'bash <<< "$(curl x.org)"',
        "if x; then curl x.org | sh; fi",
        "x=$(curl x.org | sh)",
        "curl x.org | tee /x.sh | bash",
        "curl -LO https://x.org/a.sh?b=1 && bash ./a.sh",
        "curl x.org > a.sh; sh < a.sh",
        "wget x.org/a.sh && mv a.sh b.sh && . ./b.sh",
        "cd /tmp && wget -O a https://x.org/ && python3 /tmp/a --yes",
        "curl x.org | bash /dev/stdin -v",
    ],
)
def test_what_was_fetched_is_run(script: str) -> None:
    assert fires("curl-pipe-shell", f"FROM debian:12\nRUN {script}\n")


@pytest.mark.parametrize(
    "script",
    [
        "curl x.org | xargs -n1 sh -c 'echo'",
        "curl -sL x.org/sums | sha256sum -c && sh x",
        "curl x.org | python -c 'import sys'",
        "curl x.org | node filter.js",
        "curl x.org | sh -n",
        "curl x.org | tar xz && sh install.sh",
        "curl -o /dev/null x.org; bash build.sh",
        "wget -O a.sh x.org/a.sh && gpg --verify a.sh.asc && sh a.sh",
        "source <(kubectl completion bash)",
        "echo curl | sh",
        'sh -c "v=$(curl x.org/v); echo $v"',
    ],
)
def test_what_was_fetched_is_not_run(script: str) -> None:
    assert not fires("curl-pipe-shell", f"FROM debian:12\nRUN {script}\n")


WINDOWS = 'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL ["powershell","-Command"]\n'


def test_powershell_has_its_own_way() -> None:
    fetch = "(New-Object Net.WebClient).DownloadString('https://x.org/i.ps1')"
    assert fires("curl-pipe-shell", f"{WINDOWS}RUN iex ({fetch})\n")
    assert fires("curl-pipe-shell", f"{WINDOWS}RUN irm https://x.org/i.ps1 | iex\n")
    assert not fires("curl-pipe-shell", f"{WINDOWS}RUN $x = {fetch}; iex 'dir'\n")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("https://x.org/a.tgz", "web"),
        ("HTTP://x.org/a", "web"),
        ("https://x.org/a.git", "git"),
        ("https://x.org/a.git#main:docs", "git"),
        ("https://x.org/a.git?ref=main", "git"),
        ("git@x.org:a/b.git", "git"),
        ("ssh://git@x.org/a", "git"),
        ("https://x.org/a.github", "web"),
        ("a@b.txt", "local"),
        ("http/a", "local"),
        ("dir/", "local"),
    ],
)
def test_kinds_of_sources(source: str, kind: str) -> None:
    found = "git" if sources.is_git(source) else "web" if sources.is_web(source) else "local"
    assert found == kind


@pytest.mark.parametrize(
    ("name", "archive", "plain"),
    [
        ("a.tar", True, False),
        ("a.tar.gz", True, False),
        ("a.TGZ", True, False),
        ("rootfs.tar*", True, False),
        ("*", True, False),
        ("a.gz", True, False),
        ("rootfs", False, False),
        ("app-1.0", False, False),
        ("app.py", False, True),
        ("src/", False, True),
        (".", False, True),
        ("conf/*.conf", False, True),
        ("tar.py", False, True),
        ("Gemfile.lock", False, True),
    ],
)
def test_what_may_be_unpacked(name: str, archive: bool, plain: bool) -> None:
    assert sources.may_be_archive(name) is archive
    assert sources.is_surely_plain(name) is plain
