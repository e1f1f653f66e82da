"""docker build's flags -> a checked `BuildRequest`. Reads nothing but the names of files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dockgate.builder.reference import Reference, parse_tag
from dockgate.linter.errors import UsageError

PROGRESS = ("auto", "plain", "tty", "rawjson", "quiet")
#: What BuildKit knows without an ARG is still given with --build-arg; its grammar is a name's.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PLATFORM = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){0,2}")
_REMOTE = re.compile(r"https?://|git://|ssh://|git@|github\.com/|tcp://", re.IGNORECASE)
_LOWER_CASE = "dockerfile"  # BuildKit's second try where no -f is given


@dataclass(frozen=True)
class BuildRequest:
    """What the user wants built; every path is his own, every name is checked."""

    context: str
    dockerfile: str  #: a path that can be opened
    tags: tuple[Reference, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    target: str | None = None
    platform: str | None = None
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    no_cache: bool = False
    pull: bool = False
    progress: str = "auto"
    builder: str | None = None
    network: str | None = None
    push: bool = False
    load: bool = False
    iidfile: str | None = None
    metadata_file: str | None = None

    @property
    def loads(self) -> bool:
        """Whether the engine gets the image: as in docker build, unless it is only pushed."""
        return bool(self.tags) and (self.load or not self.push)

    @property
    def done(self) -> str:
        """What has happened once the image is accepted, for people."""
        names = ", ".join(tag.familiar for tag in self.tags)
        if not names:
            return "nothing was loaded: give --tag NAME to keep the image"
        steps = [*(["tagged"] if self.loads else []), *(["pushed"] if self.push else [])]
        return f"{' and '.join(steps)} as {names}"

    def redact(self, text: str) -> str:
        """`text` without the values of build arguments."""
        values = {value for _, value in self.build_args if len(value) > _SHORTEST_REDACTED}
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, "…")
        return text


_FRONTEND = "BUILDKIT_SYNTAX"
_SHORTEST_REDACTED = 3  # `1` or `yes` is no secret, and taking it out would spoil every line


def make_request(
    context: str,
    *,
    file: str | None = None,
    tags: Sequence[str] = (),
    build_args: Sequence[str] = (),
    labels: Sequence[str] = (),
    target: str | None = None,
    platforms: Sequence[str] = (),
    secrets: Sequence[str] = (),
    ssh: Sequence[str] = (),
    no_cache: bool = False,
    pull: bool = False,
    progress: str = "auto",
    builder: str | None = None,
    network: str | None = None,
    push: bool = False,
    load: bool = False,
    iidfile: str | None = None,
    metadata_file: str | None = None,
) -> BuildRequest:
    """The request that these flags make. UsageError says in one line what cannot be meant."""
    if push and not tags:
        raise UsageError("--push needs a name to push to: add --tag HOST/NAME:TAG")
    for path, flag in ((iidfile, "--iidfile"), (metadata_file, "--metadata-file")):
        folder = os.path.dirname(path or "")
        if folder and not os.path.isdir(folder):
            raise UsageError(f"{flag} {path}: there is no folder {folder}: make it first")
    for text in (*secrets, *ssh, target, builder, network):
        if text is not None and ("\0" in text or text.startswith("-") or not text):
            raise UsageError("a value that is empty or starts with '-' was given to an option")
    return BuildRequest(
        context=_context(context),
        dockerfile=_dockerfile(context, file),
        tags=tuple(dict.fromkeys(parse_tag(tag) for tag in tags)),
        build_args=_build_args(build_args),
        target=target,
        platform=_platform(platforms),
        secrets=tuple(secrets),
        ssh=tuple(ssh),
        labels=_labels(labels),
        no_cache=no_cache,
        pull=pull,
        progress=progress,
        builder=builder,
        network=network,
        push=push,
        load=load,
        iidfile=iidfile,
        metadata_file=metadata_file,
    )


def _context(context: str) -> str:
    if context == "-":
        raise UsageError(
            "a context from standard input cannot be linted: unpack it, give the folder"
        )
    if _REMOTE.match(context):
        raise UsageError("a remote context cannot be linted: fetch or clone it, give the folder")
    if not os.path.isdir(context):
        said = "is not a folder" if os.path.exists(context) else "does not exist"
        raise UsageError(f"build context {context!r} {said}: give the folder to build from")
    return context


def _dockerfile(context: str, file: str | None) -> str:
    if file == "-":
        raise UsageError("a Dockerfile from standard input has no place: save it, give --file PATH")
    if file is not None:
        if _REMOTE.match(file):
            raise UsageError("a remote Dockerfile cannot be linted: fetch it, give --file PATH")
        path = file
    else:
        path = os.path.join(context, "Dockerfile")
        if not os.path.exists(path) and os.path.exists(os.path.join(context, _LOWER_CASE)):
            path = os.path.join(context, _LOWER_CASE)
    if not os.path.isfile(path):
        said = "is not a file" if os.path.exists(path) else "does not exist"
        raise UsageError(f"{path} {said}: give the Dockerfile with --file PATH")
    return path


def _build_args(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """NAME=VALUE pairs; a bare NAME is taken from the environment, left out where it is unset."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not _NAME.fullmatch(name) or "\0" in value:  # the value may be a secret: not shown
            raise UsageError(
                "--build-arg: write NAME=VALUE, or NAME to take it from the environment"
            )
        if name == _FRONTEND:
            raise UsageError(
                f"--build-arg {_FRONTEND} has the Dockerfile read by something that is not linted: "
                "write `# syntax=IMAGE` in its first line"
            )
        if equals:
            found[name] = value
        elif name in os.environ:
            found[name] = os.environ[name]
    return tuple(found.items())


def _labels(texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        if not text.partition("=")[0] or "\0" in text:
            raise UsageError(f"--label {text[:80]!r}: write KEY=VALUE")
    return tuple(texts)


def _platform(platforms: Sequence[str]) -> str | None:
    words = [word.strip() for text in platforms for word in text.split(",")]
    if len(words) > 1:
        raise UsageError(
            "--platform: one platform a build: judge each one, then join them with "
            "`docker buildx imagetools create`"
        )
    if words and not _PLATFORM.fullmatch(words[0]):
        raise UsageError(f"--platform {words[0][:80]!r}: write OS/ARCH[/VARIANT]: linux/amd64")
    return words[0] if words else None
