"""apk's index left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._edits import after
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import APK, kept
from dockgate.rules.subjects.dockerfile import Dockerfile

#: Verbs that do not read the index which an earlier call has left.
_SELF_SUFFICIENT = frozenset({"install", "remove", "update", "info"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at `add` and `upgrade` without --no-cache whose RUN ships and keeps /var/cache/apk."""
    safe = all(c.verb in _SELF_SUFFICIENT for _, _, c in dockerfile.calls("apk"))
    first = {id(found.instruction) for found in kept(dockerfile, APK, ("install", "upgrade"))}
    for instruction, command, call in dockerfile.calls("apk"):
        if id(instruction) not in first or call.verb not in ("install", "upgrade"):
            continue
        if call.has("--no-cache", "--no-network") or any(
            "$" in word.value for word in call.options
        ):
            continue
        verb = call.verb_word
        yield Finding(
            f"apk {verb.value} leaves the package index in this layer",
            verb.span,
            stage=instruction.stage,
            help="add --no-cache, which also replaces apk update and --update",
            fixes=after(command, verb, "--no-cache", "keep no index", safe=safe),
        )


RULE = Rule(
    "apk-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "Without --no-cache, apk saves the index of every repository below /var/cache/apk: 2 to "
        "5 MB that everybody pulls, in an image that was chosen for being small, and an index "
        "that a later apk add may find too old. With it the index is fetched and thrown away, so "
        "neither apk update nor --update is needed. Emptying /var/cache/apk in the same RUN, a "
        "cache mount and builder stages are left in peace."
    ),
    references=(
        "https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper#Local_Cache",
        "https://docs.docker.com/build/building/best-practices/",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "DL3019",
        "DS-0025",
        "apk_add_using_local_cache_path",
        "missing-apk-no-cache",
        "DKL-DI-0004",
        "DF029",
        "apkadd-missing_nocache_or_updaterm",
    ),
    examples=(
        bad(
            "FROM alpine:3.20\nRUN apk add curl\n",
            at=[2],
            fixed="FROM alpine:3.20\nRUN apk add --no-cache curl\n",
        ),
        bad(
            "FROM alpine:3.20\nRUN apk upgrade --no-cache && \\\n    apk -U add curl\n",
            at=[3],
            fixed=(
                "FROM alpine:3.20\nRUN apk upgrade --no-cache && \\\n"
                "    apk -U add --no-cache curl\n"
            ),
        ),
        bad('FROM alpine:3.20\nRUN ["apk", "add", "curl"]\n', at=[2]),
        good("FROM alpine:3.20\nRUN apk --no-cache add curl && apk add --no-cache -t x y\n"),
        good("FROM alpine:3.20\nRUN apk add --update curl && rm -rf /var/cache/apk/*\n"),
        good("FROM alpine:3.20\nRUN --mount=type=cache,target=/var/cache/apk apk add curl\n"),
        good("FROM alpine:3.20 AS b\nRUN apk add gcc\nFROM scratch\nCOPY --from=b /a /\n"),
        good("FROM alpine:3.20\nRUN apk del curl && echo apk add curl\n"),
    ),
    needs=("apk",),
    check=check,
)
