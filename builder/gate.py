"""The gate between a Dockerfile and a tag: the order of the steps, and nothing else.

What only a build needs is imported when one begins: a refusal by lint does not wait for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dockgate.builder import frontend, policy, verdict
from dockgate.builder.policy import Limits
from dockgate.builder.reference import NAME_LIMIT
from dockgate.builder.verdict import ACCEPTED, Verdict
from dockgate.linter import files
from dockgate.linter.config import Config
from dockgate.linter.errors import UnfinishedError, UsageError
from dockgate.linter.report import Report
from dockgate.linter.run import MAX_DOCKERFILE_BYTES, Scope, lint

if TYPE_CHECKING:
    from dockgate.builder.buildkit import Built, Engine
    from dockgate.builder.request import BuildRequest
    from dockgate.builder.store import Store
    from dockgate.builder.vulnerabilities.assess import Options
    from dockgate.rules.subjects.base_image import Bases
    from dockgate.rules.subjects.dockerfile import Dockerfile

IGNORE_FILE_LIMIT = 1 << 20  #: bytes
Note = Callable[[str], None]  #: takes a line for the user, beside the report


def build(
    request: BuildRequest,
    config: Config,
    limits: Limits,
    note: Note,
    bases: Bases | None = None,
    options: Options | None = None,
) -> Report:
    """Lint, build, scan, judge; publish what is accepted, and nothing else.

    `bases`: what base images set, for the lint. `options`: where known vulnerabilities are taken
    from. Gives the report with its verdict. UsageError where the request cannot be meant after all.
    """
    _hold_standard_streams()
    data = files.read(request.dockerfile, MAX_DOCKERFILE_BYTES)
    _forget_results(request)
    if options is not None:
        options.check()
    if config.settings.yara_rules:
        from dockgate.builder.readers import all_readers

        all_readers(config.settings)  # a fault is told before a long build, not after
    arguments = dict(request.build_args)
    scope = Scope(request.context, arguments, request.target, request.platform, bases)
    file, dockerfile = lint(data, request.dockerfile, config, scope)
    trusted = config.settings.trusted_registries, config.settings.allowed_registries
    unread = frontend.foreign(data, [*trusted[0], *trusted[1]])
    file.failures += [unread] if unread else []
    report = Report([file])
    foreign = policy.foreign_bases(dockerfile, limits) if dockerfile is not None else []
    foreign += policy.foreign_caches(request.cache_images, limits)
    _decide(report, verdict.judge_build(file, foreign, limits))
    if report.verdict == ACCEPTED:
        try:
            _build(request, data, config, limits, report, note, options)
        except UnfinishedError as error:
            _decide(report, verdict.undecided(request.redact(str(error))))
    _trace(report, dockerfile)
    return report


def scan(
    source: str,
    platform: str | None,
    config: Config,
    limits: Limits,
    *,
    cached: bool = True,
    options: Options | None = None,
    dockerfile: str | None = None,
) -> Report:
    """Judge an image that exists: a layout folder, an archive, a root file system, or a name in the
    engine or else in its registry.

    `cached`: layers that an earlier scan has read are not read again. `options`: where known
    vulnerabilities are taken from. `dockerfile`: the path of the one that it was built from.
    UsageError where `platform` is none, or the Dockerfile cannot be read.
    """
    from dockgate.builder.request import checked_platform

    model = _model(dockerfile) if dockerfile is not None else None
    platform = checked_platform([platform] if platform is not None else [])
    report = Report()
    try:
        if os.path.exists(source):
            _judge(
                source, source, platform, config, limits, report, base_known=False, cached=cached,
                options=options,
            )  # fmt: skip
        else:
            _judge_named(source, platform, config, limits, report, cached, options)
    except UnfinishedError as error:
        _decide(report, verdict.undecided(str(error)))
    _trace(report, model)
    return report


def _model(path: str) -> Dockerfile:
    from dockgate.linter import document
    from dockgate.linter.run import unreadable

    data = files.read(path, MAX_DOCKERFILE_BYTES)
    reason = unreadable(data)
    if reason:
        raise UsageError(f"{path}: {reason}")
    return document.read(data, path)


def _trace(report: Report, dockerfile: Dockerfile | None) -> None:
    """Tell of the layers that findings are in which instruction made them."""
    if report.images:
        from dockgate.builder.origin import trace

        trace(report.images, dockerfile)


def _hold_standard_streams() -> None:
    """Where the caller has closed one, the next file opened would stand in for it."""
    for standard in range(3):
        try:
            os.fstat(standard)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _forget_results(request: BuildRequest) -> None:
    """An id of an earlier build must not stand there when this one is refused.

    A place that cannot be written is told now, not when the image has its names.
    """
    for path in (request.iidfile, request.metadata_file, request.sbom_file):
        if not path:
            continue
        try:
            if os.path.isfile(path):
                os.unlink(path)
            if not os.path.lexists(path):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
                os.unlink(path)
            elif os.path.isdir(path):
                raise UsageError(f"cannot write {path}: it is a folder")
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _build(
    request: BuildRequest,
    data: bytes,
    config: Config,
    limits: Limits,
    report: Report,
    note: Note,
    options: Options | None,
) -> None:
    from dockgate.builder.client import exports_oci, find_client
    from dockgate.builder.workspace import workspace

    client = find_client()
    direct = exports_oci(client, request.builder)
    if not direct and request.push and not client.saves_oci:
        raise UnfinishedError(
            "this engine cannot give the manifest that is to be pushed: switch on its containerd "
            "image store, or use a docker-container builder"
        )
    if request.push:
        from dockgate.builder import credentials

        for host in {tag.host for tag in request.tags}:
            credentials.find(host)  # a login that cannot be read is told before a long build
    from dockgate.builder.buildkit import Engine

    engine = Engine(client)
    if not direct:
        note("this engine cannot export an image unseen: built in it without a name, and saved")
    with workspace(engine.discard) as folder:
        dockerfile = _private_copy(request, data, folder)
        make = engine.build if direct else engine.build_in_engine
        try:
            built = make(request, dockerfile, folder)
            report.digest = built.digest
            name = request.tags[0].familiar if request.tags else built.digest
            _judge(
                str(built.source), name, None, config, limits, report, base_known=True,
                options=options,
            )  # fmt: skip
            if report.verdict == ACCEPTED:
                _publish(engine, request, built, folder, report)
        finally:
            engine.discard(folder)


def _private_copy(request: BuildRequest, data: bytes, folder: Path) -> Path:
    """The Dockerfile that was judged, where nobody can change it before BuildKit reads it."""
    place = folder / "dockerfile"
    place.mkdir()
    copy = place / os.path.basename(request.dockerfile)
    copy.write_bytes(data)
    ignore = request.dockerfile + ".dockerignore"  # BuildKit looks for it beside the Dockerfile
    if os.path.isfile(ignore):
        Path(f"{copy}.dockerignore").write_bytes(files.read(ignore, IGNORE_FILE_LIMIT))
    return copy


def _judge(
    source: str,
    name: str,
    platform: str | None,
    config: Config,
    limits: Limits,
    report: Report,
    *,
    base_known: bool,
    store: Store | None = None,
    cached: bool = True,
    options: Options | None = None,
) -> None:
    from dockgate.builder.layout import read_images
    from dockgate.builder.scan import check_images
    from dockgate.builder.scanners import gitleaks
    from dockgate.builder.vulnerabilities.assess import Options, assess
    from dockgate.builder.watch import Watch

    with Watch() as watch:
        images = read_images(
            source,
            name=name,
            platform=platform,
            settings=config.settings,
            store=store,
            cached=cached,
            watch=watch,
        )
    roots = {image.root_digest for image in images}
    if not report.digest:
        report.digest = roots.pop() if len(roots) == 1 else ""
    elif any(report.digest not in (one.root_digest, one.config_digest) for one in images):
        raise UnfinishedError(f"what was read is another image than {report.digest}: try again")
    report.notes += assess(
        images,
        source,
        options or Options(),
        limits.vulnerabilities,
        repository_speaks=config.inline_ignores,
    )
    report.notes += gitleaks.search(images, source if store is None else "")
    report.images = check_images(images, config.selection)
    _decide(report, verdict.judge_image(images, report.images, limits, base_known=base_known))


def _publish(
    engine: Engine, request: BuildRequest, built: Built, folder: Path, report: Report
) -> None:
    from dockgate.builder import publish
    from dockgate.builder.buildkit import layout_of
    from dockgate.builder.transfer import Layout

    layout = None
    if not built.image_id:
        layout = Layout(built.source)
    elif request.push:
        layout = layout_of(built.source, folder)
        report.digest = layout.top.digest
    named: list[str] = []
    try:
        if request.push and layout is not None:  # first: a registry is what fails most
            publish.push(layout, request.tags, engine.client.insecure, named)
        if request.loads and built.image_id:
            engine.tag(built.image_id, request.tags)
        elif request.loads and layout is not None:
            engine.load(layout, request.tags)
        if request.loads:
            named += [f"{tag.familiar} in the engine" for tag in request.tags]
        identity = publish.identity(engine, layout, built)
        publish.write_results(request, built, identity, report.images[0].image)
    except (UnfinishedError, UsageError) as error:
        done = f"; done before that, with the judged digest: {', '.join(named)}" if named else ""
        raise UnfinishedError(f"accepted, but not published to the end: {error}{done}") from None


def _judge_named(
    name: str,
    platform: str | None,
    config: Config,
    limits: Limits,
    report: Report,
    cached: bool,
    options: Options | None,
) -> None:
    """Judge what a name means: in the engine, as `docker run` would take it, or in a registry."""
    if name.startswith((".", "/", "~")):  # no name of an image does
        raise UsageError(f"{name}: no such file or folder")
    from dockgate.builder.client import find_client
    from dockgate.builder.workspace import workspace

    try:
        client, missing = find_client(buildx=False), "the engine does not have it"
    except UnfinishedError as error:
        client, missing = None, str(error)
    if client is not None:
        from dockgate.builder.buildkit import Engine

        engine = Engine(client)
        image_id = engine.image_id(name)
        if image_id is not None:
            report.digest = image_id
            with workspace() as folder:
                archive = folder / "image.tar"
                engine.save(image_id, archive)
                _judge(
                    str(archive), name, platform, config, limits, report, base_known=False,
                    cached=cached, options=options,
                )  # fmt: skip
            return
    from dockgate.builder.reference import parse
    from dockgate.builder.remote import open_remote

    try:
        remote = open_remote(parse(name), client)
    except (UnfinishedError, UsageError) as error:
        raise UnfinishedError(
            f"{name[:NAME_LIMIT]!r} is no file, {missing}, and no registry gives it: {error}"
        ) from None
    report.digest = remote.digest
    _judge(
        name, name, platform, config, limits, report, base_known=False, store=remote, cached=cached,
        options=options,
    )  # fmt: skip


def _decide(report: Report, decided: Verdict) -> None:
    report.verdict, report.reasons = decided.state, decided.reasons
