"""Which places of a text can hold a token at all: the cheap question before the dear one.

detect-secrets takes 150 ms to import and runs every line through every plugin. Each row here is
a literal that such a line must contain and an expression that it must match; the expression
accepts whatever the plugins accept (tests hold that), so that nothing is lost by asking first.
Bytes go through one google-re2 `Set` where that library is installed, and through `re` otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from dockgate.rules.record import NamedTuple

#: Bytes that one compiled RE2 expression may use for its automaton.
RE2_MEMORY = 64 << 20


class Row(NamedTuple):
    """`needles`: one of them is in every match, in lower case when `folded`.

    Both expressions are in the syntax that `re` and RE2 share.
    """

    needles: tuple[str, ...]
    pattern: str  #: accepts what the plugins accept, and perhaps more
    folded: bool = False  #: case is ignored
    binary: bool = False  #: telling enough to be looked for in binaries
    probe: str = ""  #: accepts whatever `pattern` does, with few states; "": the needles


_KEYWORD = r"(?:key|pwd|pw|password|pass|token)"
_ASSIGN = r"""["']?\]? *(?:=|:|:=|=>| +|::) *["']?"""
_LOGIN = r"[^:/?#\[\]@!$&'()*+,;=\s]+"


def _short(name: str) -> tuple[str, ...]:
    """How a `name[_-]?(?:api)?_KEYWORD` can begin."""
    return tuple(name + after for after in ("_", "-", "api", "key", "pw", "pass", "token"))


ROWS = (
    Row(
        ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
        r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}",
        binary=True,
        probe=r"(?:A3T|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{4}",
    ),
    Row(
        ("aws",),
        rf"aws.{{0,80}}?{_KEYWORD}.{{0,80}}?['\"][0-9a-zA-Z/+]{{40}}['\"]",
        folded=True,
        probe=r"aws.{0,80}?(?:key|pw|pass|token)",
    ),
    Row(
        ("AKC", "AP"),
        r"(?:\s|=|:|\"|^)(?:AKC[a-zA-Z0-9]{10}|AP[\dABCDEF][a-zA-Z0-9]{8})",
        probe=r"(?:AKC|AP[\dA-F])[a-zA-Z0-9]{4}",
    ),
    Row(("AccountKey=",), r"AccountKey=[a-zA-Z0-9+/=]{88}"),
    Row(("://",), rf"://{_LOGIN}:{_LOGIN}@", probe=rf"://{_LOGIN}:{_LOGIN}@"),
    Row(
        ("clou", *_short("cl")),
        rf"cl(?:oudant|ou)?[_-]?(?:api)?{_KEYWORD}{_ASSIGN}(?:[0-9a-f]{{64}}|[a-z]{{24}})",
        folded=True,
        probe=r"cl(?:oudant|ou)?[_-]?(?:api)?(?:key|pw|pass|token)",
    ),
    Row(("cloudant",), r"https?://[\w\-]+:(?:[0-9a-f]{64}|[a-z]{24})@", folded=True),
    Row(
        ("M", "N", "O"),
        r"[MNO][a-zA-Z\d_-]{23,25}\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27}",
        probe=r"[a-zA-Z\d_-]\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{8}",
    ),
    Row(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"gh[pousr]_[A-Za-z0-9_]{36}",
        binary=True,
    ),
    Row(
        (
            "glpat-",
            "gldt-",
            "glft-",
            "glsoat-",
            "glrt-",
            "glcbt-",
            "glimt-",
            "glptt-",
            "glagent-",
            "gloas-",
            "GR1348941",
        ),
        r"(?:gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-|GR1348941)[A-Za-z0-9_\-]{20}",
        binary=True,
    ),
    Row(
        ("key", "pwd", "pass", "token"),
        rf"(?:key|pwd|password|pass|token){_ASSIGN}[a-zA-Z0-9_\-]{{44}}",
        folded=True,
        probe=rf"(?:key|pwd|password|pass|token){_ASSIGN}[a-z0-9_\-]{{12}}",
    ),
    Row(
        ("secret",),
        rf"secret[-_]?(?:access)?[-_]?key{_ASSIGN}[a-f0-9]{{48}}",
        folded=True,
        probe=rf"secret[-_]?(?:access)?[-_]?key{_ASSIGN}[a-f0-9]{{4}}",
    ),
    Row(("eyJ",), r"eyJ[A-Za-z0-9\-_=]"),
    Row(("-us",), r"[0-9a-z]{32}-us[0-9]{1,2}", probe=r"[0-9a-z]-us[0-9]"),
    Row(
        ("_auth", "_password"),
        r"_(?:auth|authToken|password)[ \t]*=\s*[^\s$]",
        probe=r"_(?:auth|authToken|password)[ \t]*=",
    ),
    Row(("T3BlbkFJ",), r"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}", binary=True),
    Row(
        ("PRIVATE KEY", "PuTTY-User-Key-File-"),
        r"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-[23]",
        binary=True,
    ),
    Row(("pypi-Ag",), r"pypi-Ag[A-Za-z0-9\-_]{70}", binary=True),
    Row(("SG.",), r"SG\.[a-zA-Z0-9_\-]{22}\.[a-zA-Z0-9_\-]{43}", binary=True),
    Row(
        ("xox", "hooks.slack.com"),
        r"xox[abposr]-(?:\d+-)+[a-z0-9]|hooks\.slack\.com/services/T",
        folded=True,
        probe=r"xox[abposr]-\d|hooks\.slack\.com/services/T",
    ),
    Row(
        ("softlayer", *_short("sl")),
        rf"(?:softlayer|sl)[_-]?(?:api)?{_KEYWORD}{_ASSIGN}[a-z0-9]{{64}}",
        folded=True,
        probe=rf"(?:softlayer|sl)[_-]?(?:api)?{_KEYWORD}{_ASSIGN}[a-z0-9]{{4}}",
    ),
    Row(
        ("softlayer",),
        r"api.softlayer.com/soap/v3(?:.1)?/[a-z0-9]{64}",
        folded=True,
    ),
    Row(("sq0csp-",), r"sq0csp-[0-9A-Za-z\\\-_]{43}", binary=True),
    Row(("k_live_",), r"[rs]k_live_[0-9a-zA-Z]{24}", binary=True),
    Row((":",), r"\d{8,10}:[0-9A-Za-z_\-]{35}", probe=r"\d{6}:[0-9A-Za-z_\-]{8}"),
    Row(("SK", "AC"), r"(?:SK|AC)[a-z0-9]{32}", probe=r"(?:SK|AC)[a-z0-9]{6}"),
    # What detect-secrets lacks (linter/secret_plugins.py).
    Row(("github_pat_",), r"github_pat_[A-Za-z0-9_]{36}", binary=True),
    Row(("AIza",), r"AIza[0-9A-Za-z_\-]{35}"),
    Row(("GOCSPX-",), r"GOCSPX-[0-9A-Za-z_\-]{28}", binary=True),
    Row(
        (
            "npm_",
            "hf_",
            "dckr_pat_",
            "hvs.",
            "dop_v1_",
            "shpat_",
            "rubygems_",
            "sk-ant-",
            "sk-proj-",
            "AGE-SECRET-KEY-1",
            "dapi",
            "xapp-",
            "glsa_",
        ),
        r"npm_[A-Za-z0-9]{36}|hf_[A-Za-z]{34}|dckr_pat_[A-Za-z0-9_\-]{27}"
        r"|hvs\.[A-Za-z0-9_\-]{24}|dop_v1_[a-f0-9]{64}|shpat_[a-f0-9]{32}"
        r"|rubygems_[a-f0-9]{48}|sk-ant-[A-Za-z0-9_\-]{32}|sk-proj-[A-Za-z0-9_\-]{32}"
        r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|dapi[a-f0-9]{32}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]"
        r"|glsa_[A-Za-z0-9]{32}_",
        binary=True,
        probe=r"npm_[A-Za-z0-9]{6}|hf_[A-Za-z]{6}|dckr_pat_|hvs\.[A-Za-z0-9_\-]{4}|dop_v1_"
        r"|shpat_|rubygems_[a-f0-9]{4}|sk-ant-|sk-proj-|AGE-SECRET-KEY-1|dapi[a-f0-9]{4}"
        r"|xapp-\d|glsa_",
    ),
    Row(
        ("$",),
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1)\$[./A-Za-z0-9$,=\-]{20}",
        probe=r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1)\$[./A-Za-z0-9$,=\-]",
    ),
    Row(
        ("machine",),
        r"machine\s{1,9}\S{1,99}\s{1,9}login\s{1,9}\S{1,99}\s{1,9}password\s",
        probe=r"machine\s+\S+\s+login",
    ),
    Row(
        ("curl", "wget"),
        r"(?:curl|wget)\b.{0,300}?\s(?:-u|--user)[ \t=]{0,9}[\"']?[^\s:\"'$]{1,99}:[^\s\"'$]",
        probe=r"(?:curl|wget)\b.*?\s(?:-u|--user)",
    ),
    Row(
        ("authorization", "private-token", "job-token", "x-api-key"),
        r"(?:authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)"
        r"|(?:private|job)-token:|x-api-key:)\s+[^\s$\"'{<]",
        folded=True,
        probe=r"authorization[\"']?\s*[:=]|(?:private|job)-token:|x-api-key:",
    ),
    Row(
        ("auth",),
        r"\bauth\\?\"\s*:\s*\\?\"[A-Za-z0-9+/]{8}",
        probe=r"\bauth\\?\"\s*:",
    ),
    Row(("sig=",), r"sig=[A-Za-z0-9%/+]{43}", probe=r"sig=[A-Za-z0-9%/+]{8}"),
    Row(("LS0tLS1CRUdJTi",), r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{100}"),
    Row(
        ("configure", "login", "mysql"),
        r"aws\s{1,9}configure\s{1,9}set\s{1,9}\S{0,99}(?:secret_access_key|session_token)\s"
        r"|(?:docker|podman|registry)\s{1,9}login\b[^|;&]{0,300}?\s-p"
        r"|mysql(?:admin|dump)?\s[^|;&]{0,300}?-p[^\s$]",
    ),
    Row(("chpasswd",), r"\|\s{0,9}(?:sudo\s{1,9})?chpasswd", folded=True),
    Row(
        ("identified", "password '", "password \\", "sshpass"),
        r"identified by \\?['\"][^'\"$]|password \\?'[^'$]|sshpass\s+-p",
        folded=True,
        probe=r"identified by \\?['\"]|password \\?'|sshpass\s+-p",
    ),
)


@lru_cache(maxsize=len(ROWS))
def _compiled(index: int) -> re.Pattern[str]:
    row = ROWS[index]
    return re.compile(row.pattern, re.IGNORECASE if row.folded else 0)


def rows_of(text: str) -> tuple[int, ...]:
    """The rows whose needles are in `text`: no other can match in any part of it."""
    lowered = text.lower()
    return tuple(
        index
        for index, row in enumerate(ROWS)
        if any(needle in (lowered if row.folded else text) for needle in row.needles)
    )


def places(text: str, rows: tuple[int, ...] | None = None) -> list[tuple[int, int]]:
    """The spans of `text` where some plugin may find a token, in no order; [] for most texts.

    `rows` are `rows_of` a text that `text` is part of, where that is known already.
    """
    found: list[tuple[int, int]] = []
    for index in rows_of(text) if rows is None else rows:
        found += [match.span() for match in _compiled(index).finditer(text)]
    return found


class BytesFilter:
    """Rows over bytes."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._patterns: list[Any] = [None] * len(rows)
        try:
            import re2  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            self._re2: Any = None
            return
        self._re2 = re2
        self._set = re2.Set.SearchSet(_options(re2))
        for row in self._rows:
            probe = row.probe or "|".join(re.escape(needle) for needle in row.needles)
            self._set.Add(_bytes_pattern(probe, folded=row.folded))
        self._set.Compile()

    def places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """The byte spans where some plugin may find a token, in no order."""
        for _, start, end in self.row_places(data):
            yield start, end

    def row_places(
        self, data: bytes, *, once_a_line: bool = False
    ) -> Iterator[tuple[int, int, int]]:
        """As `places`, each with the index of its row before it; row after row."""
        for index in self._matching(data):
            pattern = self._pattern(index)
            if not once_a_line:
                for match in pattern.finditer(data):
                    yield index, match.start(), match.end()
                continue
            match = pattern.search(data)
            while match is not None:
                yield index, match.start(), match.end()
                end = data.find(b"\n", match.end())
                match = pattern.search(data, end) if end >= 0 else None

    def _matching(self, data: bytes) -> list[int]:
        if self._re2 is not None:
            return list(self._set.Match(data) or ())
        lowered = data.lower()
        return [
            index
            for index, row in enumerate(self._rows)
            if not row.needles
            or any(needle.encode() in (lowered if row.folded else data) for needle in row.needles)
        ]

    def _pattern(self, index: int) -> Any:
        if self._patterns[index] is None:
            row = self._rows[index]
            pattern = _bytes_pattern(row.pattern, folded=row.folded)
            if self._re2 is None:
                self._patterns[index] = re.compile(pattern)
            else:
                self._patterns[index] = self._re2.compile(pattern, _options(self._re2))
        return self._patterns[index]


def _bytes_pattern(pattern: str, *, folded: bool) -> bytes:
    # Beyond ASCII a letter, digit or space of Unicode is some bytes: accept them all.
    for escape, wide in _WIDER:
        pattern = _widen(pattern, escape, wide)
    return (("(?i)" if folded else "") + pattern).encode("latin-1")


_WIDER = (
    (r"\w", r"\w\x80-\xff"),
    (r"\d", r"\d\x80-\xff"),
    (r"\s", r"\s\v\x1c-\x1f\x80-\xff"),
)


def _widen(pattern: str, escape: str, wide: str) -> str:
    out, at, in_class = "", 0, False
    while at < len(pattern):
        two = pattern[at : at + 2]
        if two == escape:
            negated = in_class and pattern.rfind("[^", 0, at) == pattern.rfind("[", 0, at)
            out += escape if negated else wide if in_class else f"[{wide}]"
            at += 2
        elif two[0] == "\\":
            out += two
            at += 2
        else:
            if two[0] == "[" and not in_class:
                in_class = True
            elif two[0] == "]" and in_class:
                in_class = False
            out += two[0]
            at += 1
    return out


def _options(re2: Any) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = RE2_MEMORY
    return options


@lru_cache(maxsize=2)
def bytes_filter(*, binary: bool) -> BytesFilter:
    """The filter for text, or for binaries; compiled once."""
    return BytesFilter([row for row in ROWS if row.binary or not binary])


def characters(text: str, data: bytes, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of `data` as spans of `text`, which is the same, decoded with `surrogateescape`."""
    if text.isascii():
        return places
    spans = []
    at = passed = 0
    for start, end in sorted(places):
        if start >= at:
            passed += len(data[at:start].decode("utf-8", "surrogateescape"))
            at = start
        first = passed - len(data[start:at].decode("utf-8", "surrogateescape"))
        spans.append((first, first + len(data[start:end].decode("utf-8", "surrogateescape"))))
    return spans
