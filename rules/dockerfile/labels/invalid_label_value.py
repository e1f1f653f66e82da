"""A label whose value is not of the kind that its key promises."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import FORMATS, OCI_FORMATS, keeps, of_instruction


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at values of OCI's keys and of label_schema; what variables make is not known."""
    schema = dockerfile.settings.label_schema
    for instruction in dockerfile.find("LABEL"):
        for label in of_instruction(instruction):
            form = schema.get(label.key) or OCI_FORMATS.get(label.key, "")
            if not form or not label.fixed or not label.value.strip():
                continue
            if not keeps(label.value, form):
                yield Finding(
                    f"{label.key} is {label.value!r}, which is not {FORMATS.get(form, form)}",
                    label.value_word.span,
                    stage=instruction.stage,
                )


RULE = Rule(
    "invalid-label-value",
    Dockerfile,
    Severity.INFO,
    why=(
        "The OCI image specification says what some labels hold: created a date as in RFC 3339, "
        "url, documentation and source a URL, licenses an SPDX expression, base.digest a digest. "
        "Programs rely on it: a registry links to the source, an inventory sums up licenses, a "
        "bot looks for updates. A value of another kind is dropped there in silence. With "
        "label_schema in the configuration further keys get a format: text, url, rfc3339, spdx, "
        "hash, semver, email. revision and version are free texts to OCI, so they are checked "
        "only where the schema says so."
    ),
    references=(
        "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
        "https://spdx.org/licenses/",
        "https://semver.org/",
        "https://www.rfc-editor.org/rfc/rfc3339",
    ),
    aliases=("DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"),
    examples=(
        bad("FROM debian:12\nLABEL org.opencontainers.image.created=yesterday\n", at=[2]),
        bad('FROM debian:12\nLABEL org.opencontainers.image.licenses="Apache 2.0"\n', at=[2]),
        bad(
            "FROM debian:12\nLABEL a=b \\\n org.opencontainers.image.source=github.com/a/b\n",
            at=[3],
        ),
        bad(
            "FROM debian:12\nLABEL rev=main ver=1.2 mail=nobody\n",
            at=[2, 2, 2],
            label_schema={"rev": "hash", "ver": "semver", "mail": "email"},
        ),
        good(
            'FROM debian:12\nLABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND '
            'GPL-2.0-only WITH Classpath-exception-2.0" '
            "org.opencontainers.image.created=2026-11-21T10:00:00+01:00\n"
        ),
        good(
            "FROM debian:12\nARG DATE=unknown\nLABEL org.opencontainers.image.created=$DATE "
            "org.opencontainers.image.version=latest\n"
        ),
        good(
            "FROM debian:12\nLABEL rev=0a1b2c3 ver=1.2.3-rc.1+b5 mail=a@example.com t=x\n",
            label_schema={"rev": "hash", "ver": "semver", "mail": "email", "t": "text"},
        ),
    ),
    needs=("LABEL",),
    check=check,
)
