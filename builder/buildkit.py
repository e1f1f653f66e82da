"""BuildKit and the engine through python-on-whales (its only importer).

An image comes out where no name points at it: as an OCI layout in a private folder, or, from an
engine that cannot do that, as an unnamed image of the engine which is saved and discarded.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import tarfile
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

from python_on_whales import DockerClient
from python_on_whales.exceptions import DockerException, NoSuchImage
from python_on_whales.utils import run as run_docker

from dockgate.builder import child
from dockgate.builder.client import Client
from dockgate.builder.deadline import within
from dockgate.builder.feed import Feed
from dockgate.builder.reference import DIGEST, NAME_LIMIT, Reference
from dockgate.builder.request import BuildRequest
from dockgate.builder.transfer import Layout
from dockgate.builder.workspace import machine_lock
from dockgate.linter.errors import UnfinishedError

METADATA_LIMIT = 16 << 20  #: bytes; with provenance it is some kilobytes
ASK_SECONDS = 120.0  #: for the engine to answer a question, or to tag or remove an image
MOVE_SECONDS = 3600.0  #: for the engine to take in or give out an image; only a build has no limit
_LAYOUT, _ARCHIVE, _METADATA, _ID = "layout", "image.tar", "metadata.json", "iid"
_JOURNAL = "discard.json"
_TAGGING = "engine"  # the lock between tagging and discarding
_MEMBER = re.compile(r"blobs/sha256/[a-f0-9]{64}|index\.json|oci-layout")
# With it python-on-whales prints whole commands, values of build arguments included.
_DEBUG = "PYTHON_ON_WHALES_DEBUG"


class Built(NamedTuple):
    """What a build has left in the private folder. `source` is for `layout.read_images`."""

    source: Path
    digest: str  #: of what a tag will point at
    metadata: dict[str, object]  #: BuildKit's own
    image_id: str  #: of the engine's unnamed image; "" where the engine holds none


class Engine:
    """One engine, driven by one docker client."""

    def __init__(self, client: Client) -> None:
        os.environ.pop(_DEBUG, None)
        self.client = client
        self.docker = DockerClient(client_call=[client.docker])

    # Building

    def build(self, request: BuildRequest, dockerfile: Path, folder: Path) -> Built:
        """Build into an OCI layout below `folder`. UnfinishedError when the build fails."""
        layout = folder / _LAYOUT
        fields = ["type=oci", "tar=false", f"dest={layout}"]
        if request.tags:  # fills in the provenance's subject; no engine sees it
            fields.append(f"name={request.tags[0]}")
        self._buildx(request, dockerfile, folder, ["--output", _csv(fields)])
        metadata = _metadata(folder)
        digest = Layout(layout).top.digest
        if metadata.get("containerimage.digest") != digest:
            raise UnfinishedError(
                f"BuildKit's metadata names another image than {digest}: build again"
            )
        return Built(layout, digest, metadata, "")

    def build_in_engine(self, request: BuildRequest, dockerfile: Path, folder: Path) -> Built:
        """Build an unnamed image in the engine and save it to an archive below `folder`.

        For engines that cannot export OCI. `discard` takes the image away again; the journal lets
        the next run do that when this one is killed.
        """
        with machine_lock(_TAGGING):  # must be had later: told before a long build
            before = self._image_ids()
        journal = {"endpoint": self.client.endpoint, "before": sorted(before)}
        (folder / _JOURNAL).write_text(json.dumps(journal))
        self._buildx(request, dockerfile, folder, ["--load", "--iidfile", str(folder / _ID)])
        image_id = _image_id(folder)
        metadata = _metadata(folder)
        if metadata.get("containerimage.config.digest", image_id) != image_id:
            raise UnfinishedError(f"BuildKit's metadata names another image than {image_id}")
        archive = folder / _ARCHIVE
        self.save(image_id, archive)
        return Built(archive, image_id, metadata, image_id)

    def discard(self, folder: Path) -> bool:
        """Take away the unnamed image that a build in `folder` made; keeps one that has a name.

        An engine that gives the same content the same image may have had it before, with or
        without a name: then it stays. Gives False when the image is another engine's.
        """
        try:
            journal = json.loads((folder / _JOURNAL).read_text())
            image_id = _image_id(folder)
        except (OSError, ValueError, UnfinishedError):
            return True
        if journal["endpoint"] != self.client.endpoint:
            return False
        if image_id in journal["before"]:
            return True
        # Every dockgate tags under this lock. Without force the engine itself refuses to remove
        # what a container uses or what has several names.
        with machine_lock(_TAGGING), suppress(DockerException):
            names = self._docker("image", "inspect", "--format", "{{json .RepoTags}}", image_id)
            if not json.loads(names):
                self._docker("image", "rm", image_id)
        (folder / _JOURNAL).unlink(missing_ok=True)
        return True

    def _buildx(
        self, request: BuildRequest, dockerfile: Path, folder: Path, output: Sequence[str]
    ) -> None:
        words = ["buildx", "build", "--file", str(dockerfile), *output]
        words += ["--metadata-file", str(folder / _METADATA)]
        if request.progress != "auto":  # left out, docker's own variables may say otherwise
            words += ["--progress", request.progress]
        for flag, value in (
            ("--target", request.target),
            ("--platform", request.platform),
            ("--builder", request.builder),
            ("--network", request.network),
        ):
            words += [flag, value] if value is not None else []
        for flag, values in (
            ("--build-arg", request.build_arg_words),
            ("--label", request.labels),
            ("--secret", request.secrets),
            ("--ssh", request.ssh),
            *request.further,
        ):
            for value in values:
                words += [flag, value]
        words += ["--no-cache"] if request.no_cache else []
        words += ["--pull"] if request.pull else []
        try:
            self._supervised(*words, "--", request.context, capture_stderr=False)
        except DockerException as error:
            raise UnfinishedError(
                f"the build failed (docker buildx build ended with {error.return_code}): "
                "its last lines above say why"
            ) from None

    # Images of the engine

    def save(self, image_id: str, archive: Path) -> None:
        """`docker save` an image to a file that only we can read. UnfinishedError when it fails."""
        archive.touch(mode=0o600)
        try:
            with within(MOVE_SECONDS, "docker save"):
                self._supervised("image", "save", "--output", str(archive), image_id)
        except DockerException as error:
            raise UnfinishedError(f"docker save {image_id} failed: {_said(error)}") from None

    def image_id(self, name: str) -> str | None:
        """The id of the image that a name or digest means, None when the engine has none."""
        try:
            return self._docker("image", "inspect", "--format", "{{.Id}}", "--", name)
        except NoSuchImage:
            return None
        except DockerException as error:
            raise UnfinishedError(
                f"docker image inspect {name[:NAME_LIMIT]} failed: {_said(error)}"
            ) from None

    def load(self, layout: Layout, names: Sequence[Reference]) -> None:
        """Bring exactly this image under `names` into the engine, in one step.

        The names travel in the archive: an image that is loaded without one and then tagged would
        be left dangling by whatever goes wrong in between. Raises UnfinishedError when a name does
        not point at the judged image afterwards.
        """
        texts = [str(name) for name in names]
        try:
            with (
                nullcontext() if self.client.containerd else machine_lock(_TAGGING),
                within(MOVE_SECONDS, "docker load"),
                Feed(layout.archive(texts)) as feed,
            ):
                self._supervised("image", "load", "--quiet", "--input", feed.path, feed=feed)
        except DockerException as error:
            raise UnfinishedError(f"docker load failed: {_said(error)}") from None
        judged = layout.top.digest if self.client.containerd else layout.image().config.digest
        self._require(judged, texts)

    def tag(self, image_id: str, names: Sequence[Reference]) -> None:
        """Give names to an image of the engine. UnfinishedError when one points elsewhere after."""
        texts = [str(name) for name in names]
        try:
            with machine_lock(_TAGGING), within(ASK_SECONDS, "docker tag"):
                for name in texts:
                    self.docker.image.tag(image_id, name)
        except DockerException as error:
            raise UnfinishedError(f"docker tag failed: {_said(error)}") from None
        self._require(image_id, texts)

    def _require(self, image_id: str, names: Sequence[str]) -> None:
        for name in names:
            found = self.image_id(name)
            if found != image_id:
                raise UnfinishedError(
                    f"{name} points at {found or 'nothing'}, not at the judged {image_id}: "
                    "something else moved it, tag again"
                )

    def _image_ids(self) -> set[str]:
        try:
            return set(self._docker("image", "ls", "--all", "--quiet", "--no-trunc").split())
        except DockerException as error:
            raise UnfinishedError(f"docker image ls failed: {_said(error)}") from None

    # The client

    def _docker(self, *words: str) -> str:
        try:
            with within(ASK_SECONDS, f"docker {words[0]} {words[1]}"):
                return str(run_docker([*self.docker.client_config.docker_cmd, *words], input=b""))
        except UnicodeDecodeError:  # python-on-whales, making an error of what docker has printed
            raise UnfinishedError(f"docker {words[0]} {words[1]} failed") from None

    def _supervised(
        self, *words: str, capture_stderr: bool = True, feed: Feed | None = None
    ) -> None:
        """Run the client so that it ends with us, however we end (`child`)."""
        theirs, ours = os.pipe()
        wrapper = [sys.executable, "-I", "-S", child.__file__, str(theirs)]
        ended = False
        try:
            run_docker(
                [*wrapper, *self.docker.client_config.docker_cmd, *words],
                input=b"",
                capture_stderr=capture_stderr,
                pass_fds=(theirs, feed.read_end) if feed is not None else (theirs,),
            )
            ended = True
        except DockerException:
            ended = True
            raise
        finally:
            os.close(theirs)
            if ended:
                os.write(ours, child.DONE)
            os.close(ours)


def layout_of(archive: Path, folder: Path) -> Layout:
    """The OCI layout inside a `docker save` archive, unpacked below `folder` for pushing."""
    target = folder / _LAYOUT
    (target / "blobs" / "sha256").mkdir(parents=True)
    try:
        with tarfile.open(archive, "r:") as members:
            for member in members:
                stream = members.extractfile(member) if member.isreg() else None
                if stream is not None and _MEMBER.fullmatch(member.name):
                    with (target / member.name).open("xb") as file:
                        while chunk := stream.read(1 << 20):
                            file.write(chunk)
    except (OSError, tarfile.TarError) as error:
        raise UnfinishedError(
            f"{archive.name}: {error}: the saved image cannot be pushed"
        ) from None
    return Layout(target)


def _csv(fields: Sequence[str]) -> str:
    """Buildx reads --output as one CSV record: a comma or newline in a path needs quoting."""
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL).writerow(fields)
    return line.getvalue()


def _metadata(folder: Path) -> dict[str, object]:
    """BuildKit's metadata, which it writes only when the whole build has succeeded."""
    try:
        with (folder / _METADATA).open("rb") as stream:
            data = stream.read(METADATA_LIMIT + 1)
        content = json.loads(data) if len(data) <= METADATA_LIMIT else None
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UnfinishedError("BuildKit wrote no metadata: the build was cut off, build again")
    return content


def _image_id(folder: Path) -> str:
    try:
        image_id = (folder / _ID).read_text().strip()
    except OSError:
        image_id = ""
    if not DIGEST.fullmatch(image_id):
        raise UnfinishedError("the build gave no image id: the build was cut off, build again")
    return image_id


def _said(error: Exception) -> str:
    """The last line that docker printed, or what the system says."""
    stderr = getattr(error, "stderr", None)
    lines = (stderr if isinstance(stderr, str) else "").strip().splitlines()
    if lines:
        return lines[-1][:300]
    if isinstance(error, DockerException):
        return f"it ended with {error.return_code}"
    return " ".join(str(error).split())[:300]
