"""A base image whose branch gets no more security updates."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from dockgate.rules.data import load
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, normalise_reference

_ARCHITECTURES = frozenset(
    {"amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "ppc64le", "riscv64", "s390x"}
)


def _prefixes(version: str) -> Iterator[str]:
    """`3.8.10`, `3.8`, `3`."""
    while version:
        yield version
        version = version.rpartition(".")[0]


def _branches(image: str) -> Mapping[str, str]:
    images = load("end-of-life")["images"]
    found = images.get(image, {})
    return images[found] if isinstance(found, str) else found  # type: ignore[no-any-return]


def _image(reference: Reference) -> str:
    """Where it comes from, mirrors and other architectures of the official images resolved."""
    head, _, name = reference.repository.rpartition("/")
    mirrored = head.endswith("/library") or head == "library"
    if mirrored or (reference.registry == "docker.io" and head in _ARCHITECTURES):
        return f"docker.io/library/{name}"
    return f"{reference.registry}/{reference.repository}"


def _own(reference: Reference, further: Mapping[str, str]) -> tuple[str, str] | None:
    """The branch that the tag's first part names, and its last day."""
    image = _image(reference)
    known = dict(_branches(image))
    for written, day in further.items():
        place, _, branch = normalise_reference(written).rpartition(":")
        if place == image:
            known[branch] = day
    name = image.partition("/")[2].removeprefix("library/")
    for prefix in _prefixes((reference.tag or "").lower().partition("-")[0]):
        if prefix in known:
            return f"{name} {prefix}", known[prefix]
    return (name, known["*"]) if "*" in known else None


def _within(reference: Reference) -> tuple[str, str] | None:
    """The system that a part of the tag names: `3.12-buster`, `20-alpine3.16`."""
    systems = load("end-of-life")["systems"]
    for part in (reference.tag or "").lower().split("-")[1:]:
        word = part.rstrip("0123456789.")
        for image in systems.get(word if word != part else "", ()) if word else ():
            for branch in _prefixes(part[len(word) :] or word):
                day = _branches(image).get(branch)
                if day:
                    return f"{image.rpartition('/')[2]} {branch}", day
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire for images of FROM, COPY --from and mounts whose last day is past."""
    settings = dockerfile.settings
    today = settings.today or time.strftime("%Y-%m-%d", time.gmtime())
    for reference in dockerfile.references:
        if not reference.is_image or reference.undefined or reference.kind == "syntax":
            continue
        found = _own(reference, settings.end_of_life)
        if found is None or found[1] >= today:
            found = _within(reference)
        if found is not None and found[1] < today:
            yield Finding(
                f"{reference.name}: {found[0]} has had no security updates since {found[1]}",
                reference.span,
                stage=reference.instruction.stage if reference.instruction else None,
                help="move to a release that its makers still mend",
            )


RULE = Rule(
    "end-of-life-base",
    Dockerfile,
    Severity.WARNING,
    why=(
        "When a release has reached its end, its makers mend no more holes in it, and its tag is "
        "rebuilt no more. Every hole found since then stays open in all images built on it; "
        "scanners of packages even fall silent, as their sources list no more fixes for it, and "
        "its package mirrors are taken away, which breaks the build. The days are those of free "
        "support: Debian's with LTS, Ubuntu's without Pro. Those who pay for longer support set "
        "their own day under end_of_life in the configuration, as image:branch and date."
    ),
    references=(
        "https://endoflife.date/",
        "CIS Docker 1.6 4.4",
        "CWE-1104",
    ),
    aliases=("ruby/eol-ruby-version",),
    examples=(
        bad("FROM debian:10\n", at=[1], today="2026-11-21"),
        bad("FROM node:16.20.2 AS b\nFROM ubuntu:18.04\n", at=[1, 2], today="2026-11-21"),
        bad("FROM python:3.12-buster\n", at=[1], today="2026-11-21"),
        bad("FROM docker.io/library/ruby:3.3-alpine3.16\n", at=[1], today="2026-11-21"),
        bad("ARG V=7.4\nFROM php:${V}-fpm\n", at=[2], today="2026-11-21"),
        bad("FROM centos\n", at=[1], today="2026-11-21"),
        bad("FROM scratch\nCOPY --from=golang:1.11 /a /a\n", at=[2], today="2026-11-21"),
        bad(
            "FROM example.com/base:4.2\n",
            at=[1],
            today="2026-11-21",
            end_of_life={"example.com/base:4": "2026-01-31"},
        ),
        good("FROM debian:10\n", today="2024-06-30"),
        good("FROM debian:12\nFROM alpine:3.22\nFROM python:3.13\n", today="2026-11-21"),
        good("FROM ubuntu:18.04\n", today="2026-11-21", end_of_life={"ubuntu:18.04": "2028-04-30"}),
        good("FROM node:lts\nFROM node:2\nFROM python:3\n", today="2026-11-21"),
        good("ARG V\nFROM node:${V}\n", today="2026-11-21"),
        good("FROM example.com/debian:10\nFROM tomcat:10-jdk11-temurin\n", today="2026-11-21"),
    ),
    check=check,
)
