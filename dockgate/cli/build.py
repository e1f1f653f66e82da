"""`dockgate build`."""

from __future__ import annotations

from dockgate.cli import judged
from dockgate.cli.declare import Argument, Command, Option

PROGRESS = ("auto", "plain", "tty", "rawjson", "quiet")

COMMAND = Command(
    "build",
    "Lint, build, scan, and only then name the image: docker build's flags, refused if it fails.",
    "dockgate.cli.build:run",
    arguments=(Argument("context", "CONTEXT", "The folder to build from."),),
    options=(
        Option("tag", ("--tag", "-t"), "texts", "Name of the accepted image.", (), metavar="NAME"),
        Option("file", ("--file", "-f"), "text", "Dockerfile. Default: CONTEXT/Dockerfile.",
               metavar="PATH"),
        Option("build_arg", ("--build-arg",), "texts", "Value of an ARG.", (),
               metavar="NAME[=VALUE]"),
        Option("target", ("--target",), "text", "The stage to build.", metavar="STAGE"),
        Option("platform", ("--platform",), "texts", "Platform to build for (one).", (),
               metavar="OS/ARCH"),
        Option("secret", ("--secret",), "texts", "Secret for RUN --mount=type=secret.", (),
               metavar="id=ID[,src=PATH]"),
        Option("ssh", ("--ssh",), "texts", "SSH agent or keys for RUN --mount=type=ssh.", (),
               metavar="default|ID[=PATH]"),
        Option("label", ("--label",), "texts", "Label of the image.", (), metavar="KEY=VALUE"),
        Option("no_cache", ("--no-cache",), "flag", "Do not use the build cache.", False),
        Option("pull", ("--pull",), "flag", "Look for newer base images.", False),
        Option("progress", ("--progress",), "text", "How the build's progress is shown.", "auto",
               PROGRESS),
        Option("builder", ("--builder",), "text", "The buildx builder to use.", metavar="NAME"),
        Option("network", ("--network",), "text", "Network of RUN: default, none or host.",
               metavar="MODE"),
        Option("push", ("--push",), "flag", "Push the accepted image, its tags last.", False),
        Option("load", ("--load",), "flag",
               "Load the accepted image into the engine: what is done without --push.", False),
        Option("iidfile", ("--iidfile",), "text", "Write the accepted image's id to this file.",
               metavar="FILE"),
        Option("metadata_file", ("--metadata-file",), "text",
               "Write BuildKit's metadata on the accepted image to this file.", metavar="FILE"),
        Option("cache_from", ("--cache-from",), "texts", "Where to look for cached layers.", (),
               metavar="SOURCE"),
        Option("cache_to", ("--cache-to",), "texts",
               "Where to keep cached layers: inline, local, gha, s3 or azblob.", (),
               metavar="type=KIND[,…]"),
        Option("no_cache_filter", ("--no-cache-filter",), "texts",
               "Do not use the build cache for this stage.", (), metavar="STAGE"),
        Option("add_host", ("--add-host",), "texts", "A host's address for RUN.", (),
               metavar="HOST:IP"),
        Option("shm_size", ("--shm-size",), "text", "Size of /dev/shm for RUN.", metavar="SIZE"),
        Option("ulimit", ("--ulimit",), "texts", "Limit for RUN.", (), metavar="NAME=SOFT[:HARD]"),
        Option("annotation", ("--annotation",), "texts", "Annotation of the image.", (),
               metavar="KEY=VALUE"),
        Option("provenance", ("--provenance",), "text", "Attach how the image was built.",
               metavar="true|false|mode=MODE"),
        Option("sbom", ("--sbom",), "text",
               "Attach BuildKit's list of packages, which an image of BuildKit's makes.",
               metavar="true|false"),
        Option("sbom_file", ("--sbom-file",), "text",
               "Write the accepted image's bill of materials to this file: SPDX where its name "
               "ends in .spdx.json, else CycloneDX.", metavar="FILE"),
        Option("output", ("--output", "-o"), "texts",
               "Refused: nothing comes out before it is judged.", (), metavar="DEST"),
        Option("allow", ("--allow",), "texts", "Refused: rights over the machine.", (),
               metavar="ENTITLEMENT"),
        Option("attest", ("--attest",), "texts", "Refused: see --provenance and --sbom.", (),
               metavar="TEXT"),
        Option("build_context", ("--build-context",), "texts",
               "Refused: it would not be linted.", (), metavar="NAME=PLACE"),
        Option("resolve", ("--resolve",), "flag",
               "Lint with what base images set, as the engine or else a registry tells it.", False),
        judged.POLICY,
        judged.CONFIG,
        judged.VULNERABILITIES,
        judged.VEX,
        judged.IGNORE_FILE,
        judged.YARA_RULES,
        judged.CLAMAV,
        judged.FORMAT,
        Option("quiet", ("--quiet", "-q"), "flag",
               "No progress; of an accepted image only the digest.", False),
    ),
    examples=(
        "dockgate build -t app:1.0 .",
        "dockgate build --push -t registry.example.com/app:1.0 --policy strict .",
        "dockgate build --sbom-file bom.json -t app:1.0 .",
        "dockgate build --format json -f docker/Dockerfile --target runtime .",
    ),
)  # fmt: skip


def run(
    *,
    context: str,
    tag: tuple[str, ...],
    file: str | None,
    build_arg: tuple[str, ...],
    target: str | None,
    platform: tuple[str, ...],
    secret: tuple[str, ...],
    ssh: tuple[str, ...],
    label: tuple[str, ...],
    no_cache: bool,
    pull: bool,
    progress: str,
    builder: str | None,
    network: str | None,
    push: bool,
    load: bool,
    iidfile: str | None,
    metadata_file: str | None,
    cache_from: tuple[str, ...],
    cache_to: tuple[str, ...],
    no_cache_filter: tuple[str, ...],
    add_host: tuple[str, ...],
    shm_size: str | None,
    ulimit: tuple[str, ...],
    annotation: tuple[str, ...],
    provenance: str | None,
    sbom: str | None,
    sbom_file: str | None,
    output: tuple[str, ...],
    allow: tuple[str, ...],
    attest: tuple[str, ...],
    build_context: tuple[str, ...],
    resolve: bool,
    policy: str | None,
    config: str | None,
    vulnerabilities: str,
    vex: tuple[str, ...],
    ignore_file: tuple[str, ...],
    yara_rules: str | None,
    clamav: str,
    format: str,
    quiet: bool,
) -> int:
    """Build; gives the exit code. Raises UsageError."""
    from dockgate.builder import gate
    from dockgate.builder.policy import effective
    from dockgate.builder.request import make_request
    from dockgate.cli.output import note, write

    request = make_request(
        context,
        file=file,
        tags=tag,
        build_args=build_arg,
        labels=label,
        target=target,
        platforms=platform,
        secrets=secret,
        ssh=ssh,
        no_cache=no_cache,
        pull=pull,
        progress="quiet" if quiet else progress,
        builder=builder,
        network=network,
        push=push,
        load=load,
        iidfile=iidfile,
        metadata_file=metadata_file,
        sbom_file=sbom_file,
        further={
            "--output": output,
            "--allow": allow,
            "--attest": attest,
            "--build-context": build_context,
            "--cache-from": cache_from,
            "--cache-to": cache_to,
            "--no-cache-filter": no_cache_filter,
            "--add-host": add_host,
            "--shm-size": (shm_size,) if shm_size is not None else (),
            "--ulimit": ulimit,
            "--annotation": annotation,
            "--provenance": (provenance,) if provenance is not None else (),
            "--sbom": (sbom,) if sbom is not None else (),
        },
    )
    chosen, limits = effective(request.dockerfile, config, policy)
    for line in chosen.notes:
        note(line)
    chosen = judged.looking(chosen, yara_rules, clamav)
    bases = None
    if resolve:
        from dockgate.builder.resolve import ResolvedBases

        bases = ResolvedBases()
    options = None
    if vulnerabilities != judged.VULNERABILITIES.default or vex or ignore_file:
        from dockgate.builder.vulnerabilities.assess import Options

        options = Options(vulnerabilities, vex=vex, ignore_files=ignore_file)
    report = gate.build(request, chosen, limits, note, bases, options)
    if quiet and format == "text" and report.verdict == "accepted":
        write(f"{report.digest}\n")
        return 0
    step = judged.next_step(report, request.done, "nothing was named: mend the above")
    return judged.show(report, format, None, step)
