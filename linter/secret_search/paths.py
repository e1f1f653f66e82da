"""What a path tells of a file: whose it is, and whether names beside values are read in it."""

from __future__ import annotations

import re
from functools import lru_cache

from dockgate.linter.secret_search.secret_shapes import Origin
from dockgate.rules import secret_names
from dockgate.rules.pattern import pattern

#: All are asked of the file's name, in lower case.
_ENV = r"\A(?:\.env|\.env\..+|.+\.env|\.envrc|environment|.+\.properties)\Z"
_CONFIG = (
    r"\.(?:ya?ml|eyaml|json|toml|ini|cfg|cnf|cf|conf|config|xml|tf|tfvars|tfstate|sh|bash|zsh|"
    r"ps1|bat|sql|npmrc|service)\Z"
    r"|\A(?:\.npmrc|\.pypirc|\.netrc|\.pgpass|\.my\.cnf|\.s3cfg|\.boto|credentials|config|"
    r"\.bashrc|\.profile|\.bash_history|\.git-credentials|\.dockercfg|dockerfile.*|_netrc|"
    r"\.?htpasswd)\Z"
)
_SOURCE = (
    r"\.(?:py|pyi|js|mjs|cjs|ts|tsx|jsx|go|java|kt|scala|groovy|gradle|rb|php|cs|c|h|cc|cpp|hpp|"
    r"swift|m|rs|pl|pm|lua|ex|exs|clj|dart|vue)\Z"
)
_ENV_NAME = pattern(_ENV, re.DOTALL)
_CONFIG_NAME = pattern(f"{_ENV}|{_CONFIG}", re.DOTALL)
_SOURCE_NAME = pattern(_SOURCE)
_READ_NAME = pattern(f"{_ENV}|{_CONFIG}|{_SOURCE}", re.DOTALL)


def is_environment(path: str) -> bool:
    """Whether the file gives variables: `.env`, `a.properties`."""
    return _ENV_NAME.search(_name(path)) is not None


def is_configuration(path: str) -> bool:
    """Whether it is one of settings or a shell's script, or gives variables."""
    return _CONFIG_NAME.search(_name(path)) is not None


def is_source(path: str) -> bool:
    """Whether it is source code that somebody compiles or runs."""
    return _SOURCE_NAME.search(_name(path)) is not None


def has_names(path: str) -> bool:
    """Whether it is any of these three, so that names stand beside values in it."""
    return _READ_NAME.search(_name(path)) is not None


def origin(path: str) -> Origin:
    """Where a file of this path comes from, by the folders that it lies in and its name."""
    return Origin(*of_folder(path), prose=not is_configuration(path))


def is_example(path: str) -> bool:
    """Whether it is a document, a test or a translation of a package."""
    packaged, _, test = of_folder(path)
    return packaged and test


def of_folder(path: str) -> tuple[bool, bool, bool]:
    """`Origin`'s first three, which the file's folder tells: files of one folder come together."""
    return _of_folder(path[: path.rfind("/") + 1])


def _name(path: str) -> str:
    return path[path.rfind("/") + 1 :].lower()


@lru_cache(maxsize=256)
def _of_folder(folder: str) -> tuple[bool, bool, bool]:
    lowered = folder.lower()
    packaged, bundled, test = (part.search(lowered) is not None for part in _parts())
    return packaged, bundled, test


@lru_cache(maxsize=1)
def _parts() -> list[re.Pattern[str]]:
    def union(parts: list[str]) -> re.Pattern[str]:
        one = (re.escape(part).replace(r"\*", "[^/]*") for part in parts)
        return re.compile(rf"(?:^|/)(?:{'|'.join(one)})/")

    facts = secret_names.facts()["published"]
    return [
        union(facts["packages"] + facts["bundles"]),
        union(facts["bundles"]),
        union(facts["tests"]),
    ]
