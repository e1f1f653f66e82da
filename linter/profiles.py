"""Profiles: which rules run, and how bad each is, where neither a file nor an option says it.

A profile decides by what a rule says of itself (its topic, its severity, the weaknesses it
cites), so that a new rule has its place in each without being listed here.
"""

from __future__ import annotations

from typing import Any

from dockgate.linter.engine import SHELLCHECK, Profile
from dockgate.linter.vocabulary import DEFAULT as DEFAULT
from dockgate.linter.vocabulary import PROFILES, SECURITY, STRICT
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Rule, Severity

NAMES = PROFILES

#: What each profile is for, one line each.
SUMMARIES = {
    DEFAULT: "what nearly every reader of a finding would act on",
    STRICT: "also the hygiene that is off by default; what is info elsewhere is a warning",
    SECURITY: "only what an attacker would care about: users, secrets, supply chain, network",
}

#: Topics all of whose rules are about security.
SECURITY_TOPICS = frozenset({"secrets", "malware"})

#: Weaknesses (CWE numbers) that are matters of quality; any other that a rule cites makes it one
#: about security, whatever its topic.
QUALITY = frozenset(
    {
        "CWE-252",  # unchecked return value
        "CWE-390",  # error detected and not acted on
        "CWE-391",  # unchecked error condition
        "CWE-400",  # resource consumption
        "CWE-459",  # incomplete clean-up
        "CWE-477",  # obsolete function
        "CWE-561",  # dead code
        "CWE-563",  # assignment without use
        "CWE-703",  # improper handling of exceptional conditions
        "CWE-754",  # improper check for exceptional conditions
        "CWE-1041",  # redundant code
        "CWE-1059",  # insufficient documentation
        "CWE-1078",  # inappropriate style
        "CWE-1164",  # irrelevant code
    }
)

#: Rules that run in every profile: what they find leaves the rest of the file unread, or undoes
#: the configuration.
ALWAYS = frozenset({"syntax-error", "unreadable-script", "unused-ignore", "ignore-without-reason"})

#: Off-by-default rules that no profile switches on, and why: whoever wants one names it.
DISPUTED = {
    "base-dependent-workdir": "only a registry can tell what the base sets",
    "base-variable": "only a registry can tell what the base sets",
    "buildx-git-label": "without BUILDX_GIT_LABELS the label is right",
    "cache-mount-missing": "contradicts the rules that ask for cleaning",
    "chown-flag": "contradicts copy-after-user-without-chown",
    "conda-instead-of-uv": "a choice of the whole project",
    "consecutive-instructions": "separate steps are what the build cache needs",
    "download-without-retry": "a matter of taste",
    "git-clone-instead-of-add": "a pinned clone is as good",
    "inline-ignore": "contradicts every exception, however well reasoned",
    "invalid-definition-description": "most comments are not meant for that",
    "jemalloc-not-preloaded": "the entry point may do it unseen",
    "manifest-copied-for-install": "a matter of taste",
    "missing-command": "bases and tools need none",
    "missing-expose": "workers and jobs listen on no port",
    "named-stage-unused": "mostly they are there for --target",
    "php-opcache-missing": "a copied ini file may enable it unseen",
    "platform-flag": "compilers run natively by it",
    "python-output-buffered": "a matter of taste",
    "secret-named-variable": "most of its findings are fingerprints of public keys",
    SHELLCHECK: "it needs more than dockgate itself",
    "yjit-not-enabled": "Rails turns it on unseen",
}

_WEAKNESS = pattern(r"CWE-\d+")


def profile(name: str) -> Profile | None:
    """The profile called `name`; None for the default one. KeyError for an unknown name."""
    return {DEFAULT: None, STRICT: strict, SECURITY: security}[name]


def strict(rule: Rule[Any], own: Severity) -> Severity | None:
    """The severity in `strict` of a rule whose `own` is known.

    An off-by-default rule is hygiene that this profile asks for, unless it is disputed or of
    severity style: that is a matter of taste, on which no profile insists.
    """
    if own == Severity.STYLE:
        return own if rule.enabled else None
    if rule.name in DISPUTED:
        return None
    return max(own, Severity.WARNING)


def security(rule: Rule[Any], own: Severity) -> Severity | None:
    """The severity in `security`: its `own` where the rule is about security, else None."""
    if not rule.enabled or not (is_security(rule) or rule.name in ALWAYS):
        return None
    return own


def is_security(rule: Rule[Any]) -> bool:
    """Whether a rule is about security, by its topic or by a weakness that it cites."""
    return rule.topic in SECURITY_TOPICS or bool(weaknesses(rule) - QUALITY)


def weaknesses(rule: Rule[Any]) -> frozenset[str]:
    """The weaknesses that a rule cites: `CWE-250`."""
    return frozenset(_WEAKNESS.findall(" ".join(rule.references)))


def includes(name: str, rule: Rule[Any]) -> bool:
    """Whether the rule runs in the profile `name` when nothing else is said."""
    chosen = profile(name)
    return rule.enabled if chosen is None else chosen(rule, rule.severity) is not None
