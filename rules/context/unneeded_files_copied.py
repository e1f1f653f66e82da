"""Files that no image needs: history, editors' and systems' droppings, caches."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.context import Context

_FOLDERS = {
    ".git": "the history of the sources",
    ".hg": "the history of the sources",
    ".svn": "the history of the sources",
    ".idea": "settings of an editor",
    ".vscode": "settings of an editor",
    ".cache": "caches",
    "__pycache__": "caches",
    ".pytest_cache": "caches",
    ".mypy_cache": "caches",
    ".terraform": "downloaded plug-ins, and maybe state",
    ".venv": "an environment of the developer's machine",
    "node_modules": "dependencies of the developer's machine",
}
_FILES = {
    ".DS_Store": "lists of the developer's folders",
    "Thumbs.db": "pictures of the developer's folders",
    ".bash_history": "the history of a shell",
}

#: Kinds that a message names.
NAMED = 3


def _kind(path: str) -> str:
    *folders, name = path.split("/")
    return next(
        (folder for folder in folders if folder in _FOLDERS), name if name in _FILES else ""
    )


def check(context: Context) -> Iterator[Finding]:
    """Fire at the source that brings them into a stage that ships, after the ignore file."""
    final = context.dockerfile.final
    shipped = {stage.index for stage in final.chain()} if final is not None else set()
    for copied in context.copied:
        stage = copied.instruction.stage
        if stage is None or stage.index not in shipped:
            continue
        if context.ignore_path is None and len(copied.files) == len(context.files):
            continue  # missing-dockerignore says it
        named = copied.source.value.rstrip("/").rpartition("/")[2]
        found = dict.fromkeys(filter(None, (_kind(file.path) for file in copied.files)))
        found.pop(named, None)  # asked for by name
        if found:
            kinds = list(found)
            told = ", ".join(f"{k} ({_FOLDERS.get(k) or _FILES[k]})" for k in kinds[:NAMED])
            more = f" and {len(kinds) - NAMED} more" if len(kinds) > NAMED else ""
            yield Finding(
                f"{copied.instruction.cmd} {copied.source.value} brings {told}{more}",
                copied.source.span,
                stage=stage,
                help="add to .dockerignore: " + " ".join(f"**/{kind}" for kind in kinds[:NAMED]),
            )


RULE = Rule(
    "unneeded-files-copied",
    Context,
    Severity.WARNING,
    why=(
        ".git holds every file that ever was in the repository, deleted secrets included, and "
        "whoever can pull the image can read it. node_modules and .venv of the developer's "
        "machine overwrite what the build installed, with programs for another system. Caches and "
        "editors' files make images large and different on each machine. The rule looks at the "
        "very files that are copied, after .dockerignore, into stages that ship."
    ),
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "CWE-538",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad(
            "FROM node:22\nCOPY . .\n",
            at=[2],
            files={".dockerignore": "*.md\n", "a.js": "", ".git/HEAD": "x\n"},
        ),
        bad(
            "FROM node:22\nCOPY a.js /\nCOPY app lib /app/\n",
            at=[3],
            files={"a.js": "", "app/a.js": "", "app/node_modules/x/y.js": "", "lib/b.js": ""},
        ),
        good(
            "FROM node:22\nCOPY . .\n",
            files={".dockerignore": ".git\n**/node_modules\n", "a.js": "", ".git/HEAD": "x\n"},
        ),
        good("FROM node:22\nCOPY node_modules /app/node_modules\n", files={"node_modules/a": ""}),
        good(
            "FROM node:22 AS b\nCOPY src .\nFROM node:22\nCOPY --from=b /a /a\n",
            files={"src/.git/HEAD": "x\n", "b": ""},
        ),
    ),
    check=check,
)
