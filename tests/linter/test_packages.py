"""Calls of package managers, as a rule sees them."""

from __future__ import annotations

import pytest

from dockgate.linter import shell
from dockgate.linter.document import read
from dockgate.rules.subjects.packages import PackageCall


def calls(body: str) -> list[PackageCall]:
    dockerfile = read(f"FROM a\nRUN {body}\n".encode(), "Dockerfile")
    shell.attach(dockerfile)
    script = dockerfile.instructions[-1].script
    assert script is not None
    return [c.package_call for c in script.commands if c.package_call is not None]


CASES = [
    # source, manager, verb, packages, options
    ("apt-get install -y --no-install-recommends curl=1 'wget'", "apt", "install", "curl=1 wget",
     "-y --no-install-recommends"),
    ("apt-get -o X=y -qq install -t stable a", "apt", "install", "a", "-o X=y -qq -t stable"),
    ("apt-get -oX=y -yqqt stable install a", "apt", "install", "a", "-oX=y -yqqt stable"),
    ("apt install --target-release=x a -y b", "apt", "install", "a b", "--target-release=x -y"),
    ("sudo DEBIAN_FRONTEND=x aptitude -y install a", "apt", "install", "a", "-y"),
    ("apt-get purge -y a && true", "apt", "remove", "a", "-y"),
    ("apt-get autoremove --purge", "apt", "autoremove", "", "--purge"),
    ("apt-get dist-upgrade -y", "apt", "dist-upgrade", "", "-y"),
    ("apt full-upgrade", "apt", "dist-upgrade", "", ""),
    ("apt-get install -- a", "apt", "install", "a", ""),
    ("xargs apt-get install -y < list", "apt", "install", "", "-y"),
    ("apk add --no-cache --virtual .deps -X url gcc=~1 musl-dev", "apk", "install",
     "gcc=~1 musl-dev", "--no-cache --virtual .deps -X url"),
    ("apk --update add -t .deps a", "apk", "install", "a", "--update -t .deps"),
    ("apk del .deps", "apk", "remove", ".deps", ""),
    ("apk update", "apk", "update", "", ""),
    ("apk cache clean", "apk", "clean", "", ""),
    ("yum -y --enablerepo x install a", "yum", "install", "a", "-y --enablerepo x"),
    ("yum update -y", "yum", "upgrade", "", "-y"),
    ("yum makecache", "yum", "update", "", ""),
    ("yum groupinstall -y 'Development Tools'", "yum", "group-install", "Development Tools", "-y"),
    ("dnf group install x", "dnf", "group-install", "x", ""),
    ("dnf install -y --setopt install_weak_deps=False a-1", "dnf", "install", "a-1",
     "-y --setopt install_weak_deps=False"),
    ("dnf clean all", "dnf", "clean", "all", ""),
    ("microdnf --nodocs install a", "microdnf", "install", "a", "--nodocs"),
    ("tdnf erase a", "tdnf", "remove", "a", ""),
    ("zypper -n in -y -r repo a", "zypper", "install", "a", "-n -y -r repo"),
    ("zypper --gpg-auto-import-keys ref", "zypper", "update", "", "--gpg-auto-import-keys"),
    ("zypper cc -a", "zypper", "clean", "", "-a"),
    ("pip install -r f -i url --no-cache-dir a==1 b", "pip", "install", "a==1 b",
     "-r f -i url --no-cache-dir"),
    ("pip3.11 --no-cache-dir install --upgrade pip", "pip", "install", "pip",
     "--no-cache-dir --upgrade"),
    ("python3 -m pip install -e .", "pip", "install", "", "-e ."),
    ("python -u -mpip uninstall -y a", "pip", "remove", "a", "-y"),
    ("pip cache purge", "pip", "clean", "", ""),
    ("pipx install --python 3 a", "pip", "install", "a", "--python 3"),
    ("uv pip install --system a", "pip", "install", "a", "--system"),
    ("uv sync --frozen --group dev", "uv", "install", "", "--frozen --group dev"),
    ("uv tool install ruff@1", "uv", "install", "ruff@1", ""),
    ("poetry -C d install --without dev", "poetry", "install", "", "-C d --without dev"),
    ("poetry add a@1", "poetry", "install", "a@1", ""),
    ("npm i -g --prefix /x a@1", "npm", "install", "a@1", "-g --prefix /x"),
    ("npm ci --omit dev", "npm", "ci", "", "--omit dev"),
    ("npm run build", "npm", "run", "build", ""),
    ("npm cache clean --force", "npm", "clean", "", "--force"),
    ("yarn --frozen-lockfile", "yarn", "install", "", "--frozen-lockfile"),
    ("yarn global add a", "yarn", "install", "a", ""),
    ("yarn cache clean", "yarn", "clean", "", ""),
    ("pnpm --filter x add -D a", "pnpm", "install", "a", "--filter x -D"),
    ("pnpm store prune", "pnpm", "clean", "", ""),
    ("gem install rails -v 7 --no-document -- --with-x", "gem", "install", "rails",
     "-v 7 --no-document -- --with-x"),
    ("bundle", "bundle", "install", "", ""),
    ("bundle install --jobs 4", "bundle", "install", "", "--jobs 4"),
    ("go install -ldflags '-s -w' -v x@latest", "go", "install", "x@latest", "-ldflags -s -w -v"),
    ("go get x", "go", "install", "x", ""),
    ("go mod download", "go", "mod download", "", ""),
    ("cargo +nightly install --version 1 a", "cargo", "install", "a", "--version 1"),
    ("composer -d x global require a:1", "composer", "install", "a:1", "-d x"),
    ("conda install -y -n e -c f a=1", "conda", "install", "a=1", "-y -n e -c f"),
    ("micromamba create -n e -f x.yml", "conda", "install", "", "-n e -f x.yml"),
    ("conda clean -afy", "conda", "clean", "", "-afy"),
    ("conda run -n e pip install a", "pip", "install", "a", ""),
    ("sh -c 'apt-get update'", "apt", "update", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "manager", "verb", "packages", "options"), CASES, ids=[c[0] for c in CASES]
)
def test_calls(source: str, manager: str, verb: str, packages: str, options: str) -> None:
    (call,) = calls(source)
    assert (call.manager, call.verb) == (manager, verb)
    assert " ".join(word.value for word in call.packages) == packages
    assert " ".join(word.value for word in call.options) == options


@pytest.mark.parametrize(
    "source",
    [
        "apt-get --version",
        "yarn --version",
        "python app.py pip install a",
        "python -c 'import x'",
        "python -m http.server",
        "python -m",
        "pip",
        "echo apt-get install a",
        "which apt-get",
        "apt-key add x",
        "conda run -n e python app.py",
    ],
)
def test_other_commands_are_no_calls(source: str) -> None:
    assert calls(source) == []


def test_verb_and_packages_have_their_places() -> None:
    dockerfile = read(b"FROM a\nRUN apt-get \\\n  # why\n  install -y \\\n   curl\n", "Dockerfile")
    shell.attach(dockerfile)
    script = dockerfile.instructions[-1].script
    assert script is not None
    call = script.commands[0].package_call
    assert call is not None
    assert dockerfile.text.position(call.verb_word.span.start) == (4, 3)
    assert dockerfile.text[call.packages[0].span] == "curl"


@pytest.mark.parametrize(
    ("source", "option", "expected"),
    [
        ("apt-get install -y a", "-y", True),
        ("apt-get -qqy install a", "-y", True),
        ("apt-get install -oDpkg::Use=y a", "-y", False),
        ("apt-get install a", "-y", False),
        ("apt-get --yes install a", "--yes", True),
        ("apt-get --yes=true install a", "--yes", True),
        ("apt-get --yesterday install a", "--yes", False),
        ("go install -mod=vendor -v a", "-v", True),
    ],
)
def test_options(source: str, option: str, expected: bool) -> None:
    (call,) = calls(source)
    assert call.has(option) is expected
