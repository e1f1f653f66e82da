"""What an instruction names: an image, with the parts of its reference, or a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockgate.rules.subjects.text import Span

if TYPE_CHECKING:
    from dockgate.rules.subjects.dockerfile import Stage
    from dockgate.rules.subjects.instruction import Instruction


class Reference:
    """An image or stage that an instruction names: FROM, COPY/ADD --from, --mount from, syntax."""

    __slots__ = ("instruction", "kind", "name", "raw", "span", "stage", "undefined")

    def __init__(
        self,
        kind: str,
        raw: str,
        name: str,
        span: Span,
        *,
        instruction: Instruction | None = None,
        stage: Stage | None = None,
        undefined: bool = False,
    ) -> None:
        self.kind = kind  #: "from", "copy", "mount" or "syntax"
        self.raw = raw  #: as written
        self.name = name  #: after expansion, as written otherwise (not normalised)
        self.span = span  #: where `raw` stands
        self.instruction = instruction
        #: the stage that is meant, None for an image; COPY may mean a later one, an error
        self.stage = stage
        self.undefined = undefined  #: an ARG without a value took part

    @property
    def is_image(self) -> bool:
        """Whether a registry is asked for it: neither a stage, nor `scratch`, nor unresolved."""
        return self.stage is None and self.name != "scratch" and bool(self.name)

    @property
    def normalised(self) -> str:
        """`registry/path[:tag][@digest]`, Docker Hub's defaults filled in, no tag invented."""
        return normalise_reference(self.name)

    @property
    def registry(self) -> str:
        """The registry's host, `docker.io` where none is written."""
        return self.normalised.partition("/")[0]

    @property
    def repository(self) -> str:
        """The path within the registry, without tag and digest."""
        path = self.normalised.partition("/")[2].partition("@")[0]
        head, slash, last = path.rpartition("/")
        return head + slash + last.partition(":")[0]

    @property
    def tag(self) -> str | None:
        """The tag as written, None where there is none."""
        last = self.name.partition("@")[0].rpartition("/")[2]
        return last.partition(":")[2] or None

    @property
    def digest(self) -> str | None:
        """`algorithm:hex`, None where there is none."""
        return self.name.partition("@")[2] or None


def normalise_reference(name: str) -> str:
    """`name` with Docker Hub's host and `library/` filled in (distribution/reference)."""
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first.lower() != first
    )
    if not has_host:
        return f"docker.io/{name if slash else 'library/' + name}"
    if first == "index.docker.io":
        first = "docker.io"
    if first == "docker.io" and "/" not in rest:
        rest = "library/" + rest
    return f"{first}/{rest}"
