"""Installs of a project's own dependencies, and the files that name these."""

from __future__ import annotations

from dockgate.rules.subjects.shell import Command

#: What each tool reads, as a help text names it.
MANIFESTS = {
    "npm": "package.json and package-lock.json",
    "yarn": "package.json and yarn.lock",
    "pnpm": "package.json and pnpm-lock.yaml",
    "pip": "requirements.txt",
    "pipenv": "Pipfile and Pipfile.lock",
    "poetry": "pyproject.toml and poetry.lock",
    "uv": "pyproject.toml and uv.lock",
    "bundle": "Gemfile and Gemfile.lock",
    "composer": "composer.json and composer.lock",
    "go": "go.mod and go.sum",
    "dotnet": "the project files",
}

#: The names of these files, in lower case.
FILES = frozenset(
    {"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"}
    | {"requirements.txt", "pipfile", "pipfile.lock", "poetry.lock", "pyproject.toml", "uv.lock"}
    | {"gemfile", "gemfile.lock", "composer.json", "composer.lock", "go.mod", "go.sum"}
    | {"package*.json", "gemfile*", "composer.*", "go.*", "pipfile*", ".npmrc", ".yarnrc.yml"}
)


def installs(command: Command) -> str:
    """The tool (a key of MANIFESTS) when the command installs what the manifests name, else ""."""
    call = command.package_call
    if call is not None and call.manager in MANIFESTS:
        if call.manager == "pip":
            reads = call.verb == "install" and call.has("-r", "--requirement")
            local = any(w.value in (".", "-e", "./") for w in (*call.packages, *call.options))
            return "pip" if reads and not local else ""
        if call.manager in ("npm", "yarn", "pnpm"):
            plain = call.verb in ("install", "ci") and not call.packages
            return call.manager if plain and not call.has("-g", "--global") else ""
        if call.manager in ("bundle", "composer", "poetry"):
            return call.manager if call.verb == "install" and not call.packages else ""
    first = [word.value for word in command.args[:2]]
    if command.name == "go" and first == ["mod", "download"]:
        return "go"
    if command.name == "uv" and first[:1] == ["sync"]:
        return "uv"
    if command.name == "pipenv" and first[:1] in (["install"], ["sync"]):
        return "pipenv"
    if command.name == "dotnet" and first[:1] == ["restore"]:
        return "dotnet"
    return ""
