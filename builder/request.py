"""docker build's flags -> a checked `BuildRequest`. Reads nothing but the names of files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dockgate.builder.reference import Reference, parse_tag
from dockgate.linter.errors import UsageError

PROGRESS = ("auto", "plain", "tty", "rawjson", "quiet")
#: What BuildKit knows without an ARG is still given with --build-arg; its grammar is a name's.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PLATFORM = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){0,2}")
_REMOTE = re.compile(r"https?://|git://|ssh://|git@|github\.com/|tcp://", re.IGNORECASE)
_LOWER_CASE = "dockerfile"  # BuildKit's second try where no -f is given
_PLATFORM_VARIABLE = "DOCKER_DEFAULT_PLATFORM"

_WORD = r"[A-Za-z0-9][A-Za-z0-9_.:/=,@+-]*"
#: Flags of docker build that go to BuildKit as they are, and the form of their values. None of
#: them names an image, reads what was not linted into it, or gives RUN rights that it has not got.
FURTHER = {
    "--cache-from": re.compile(r"[^\0\r\n-][^\0\r\n]*"),
    "--cache-to": re.compile(r"[^\0\r\n-][^\0\r\n]*"),
    "--add-host": re.compile(r"[A-Za-z0-9_.-]+[:=][A-Za-z0-9:.\[\]%-]+"),
    "--shm-size": re.compile(r"[0-9]+(?:\.[0-9]+)?\s?[a-zA-Z]{0,3}"),
    "--ulimit": re.compile(r"[a-z]+=-?[0-9]+(?::-?[0-9]+)?"),
    "--no-cache-filter": re.compile(_WORD),
    "--annotation": re.compile(r"[^\0=-][^\0=]*=[^\0]*"),
    "--provenance": re.compile(r"true|false|(?:mode=)?(?:min|max)"),
    "--sbom": re.compile("true|false"),
}
#: Flags of docker build that cannot be kept, and why.
REFUSED = {
    "--output": "would bring the image out before it is judged: use --tag, --load or --push",
    "--allow": "gives RUN rights over the machine: such an image cannot be built here",
    "--attest": "is not taken: use --provenance or --sbom",
    "--build-context": "brings in what is not linted: use the one context, or a stage of its own",
}
#: What --cache-to may write: nothing of it can be pulled or run by a name.
CACHES_WITHOUT_NAME = ("inline", "local", "gha", "s3", "azblob")


class BuildRequest(NamedTuple):
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
    sbom_file: str | None = None
    from_environment: frozenset[str] = frozenset()  #: build arguments given by name alone
    #: further flags that go to BuildKit as they are, with the values of each
    further: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def build_arg_words(self) -> list[str]:
        """The values of --build-arg; what came by name alone is not shown in the process list."""
        return [
            name if name in self.from_environment else f"{name}={value}"
            for name, value in self.build_args
        ]

    @property
    def cache_images(self) -> list[str]:
        """The images that --cache-from names: content of the image may come from them."""
        given = dict(self.further).get("--cache-from", ())
        return [image for text in given if (image := _cache_image(text))]

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
    sbom_file: str | None = None,
    further: Mapping[str, Sequence[str]] | None = None,
) -> BuildRequest:
    """The request that these flags make. UsageError says in one line what cannot be meant.

    `further`: values of flags that go to BuildKit as they are, by flag; see `FURTHER`.
    """
    if not platforms and os.environ.get(_PLATFORM_VARIABLE):  # as buildx takes it
        platforms = [os.environ[_PLATFORM_VARIABLE]]
    words, names = _build_args(build_args)
    if push and not tags:
        raise UsageError("--push needs a name to push to: add --tag HOST/NAME:TAG")
    for path, flag in (
        (iidfile, "--iidfile"),
        (metadata_file, "--metadata-file"),
        (sbom_file, "--sbom-file"),
    ):
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
        build_args=words,
        target=target,
        platform=checked_platform(platforms),
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
        sbom_file=sbom_file,
        from_environment=names,
        further=_further(further or {}),
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


def _further(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    for flag, texts in given.items():
        if flag in REFUSED and texts:
            raise UsageError(f"{flag} {REFUSED[flag]}")
        for text in texts:
            if not FURTHER[flag].fullmatch(text):
                raise UsageError(f"{flag} {text[:80]!r}: not in the form that docker build takes")
            if flag == "--cache-to" and _cache_type(text) not in CACHES_WITHOUT_NAME:
                raise UsageError(
                    "--cache-to: a cache in a registry would be named before the image is judged: "
                    f"write type=KIND,… with one of {', '.join(CACHES_WITHOUT_NAME)}"
                )
    return tuple((flag, tuple(texts)) for flag, texts in given.items() if texts)


def _cache_type(text: str) -> str:
    """The kind of a --cache-from or --cache-to; one without fields is an image's name."""
    kinds = [field[5:] for field in _cache_fields(text) if field.lower().startswith("type=")]
    return kinds[-1] if kinds else "registry"


def _cache_image(text: str) -> str:
    if _cache_type(text) != "registry":
        return ""
    fields = _cache_fields(text)
    named = [field[4:] for field in fields if field.lower().startswith("ref=")]
    return named[-1] if named else text


def _cache_fields(text: str) -> list[str]:
    import csv  # only where a cache is given: it takes its time

    return [field.strip() for field in next(csv.reader([text]), [])]


def _build_args(texts: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """NAME=VALUE pairs, and which of the names stood alone.

    A bare NAME is taken from the environment, left out where it is unset.
    """
    found: dict[str, str] = {}
    bare: set[str] = set()
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
            bare.discard(name)
        elif name in os.environ:
            found[name] = os.environ[name]
            bare.add(name)
    return tuple(found.items()), frozenset(bare)


def _labels(texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        if not text.partition("=")[0] or "\0" in text:
            raise UsageError(f"--label {text[:80]!r}: write KEY=VALUE")
    return tuple(texts)


def checked_platform(platforms: Sequence[str]) -> str | None:
    """The one platform that is meant, None where none is given. UsageError for any other."""
    words = [word.strip() for text in platforms for word in text.split(",")]
    if len(words) > 1:
        raise UsageError(
            "--platform: one platform a build: judge each one, then join them with "
            "`docker buildx imagetools create`"
        )
    if words and not _PLATFORM.fullmatch(words[0]):
        raise UsageError(f"--platform {words[0][:80]!r}: write OS/ARCH[/VARIANT]: linux/amd64")
    return words[0] if words else None
