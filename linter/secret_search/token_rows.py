"""What a token of each sort looks like, as the prefilter asks for it.

Each row is a literal that a line with such a token must contain and an expression that it must
match; the expression accepts whatever the plugins of detect-secrets accept (tests hold that), so
that nothing is lost by asking first.
"""

from __future__ import annotations

from dockgate.rules.record import NamedTuple


class Row(NamedTuple):
    """`needles`: one of them is in every match, in lower case when `folded`.

    Both expressions are in the syntax that `re` and RE2 share.
    """

    needles: tuple[str, ...]
    pattern: str  #: accepts what the plugins accept, and perhaps more
    folded: bool = False  #: case is ignored
    binary: bool = False  #: telling enough to be looked for in binaries
    probe: str = ""  #: accepts whatever `pattern` does and compiles fast; "": the needles


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
        probe=r"aws.*(?:key|pw|pass|token)",
    ),
    Row(
        ("AKC", "AP"),
        r"(?:\s|=|:|\"|^)(?:AKC[a-zA-Z0-9]{10}|AP[\dABCDEF][a-zA-Z0-9]{8})",
        probe=r"AKC[a-zA-Z0-9]{10}|AP[\dABCDEF][a-zA-Z0-9]{8}",
    ),
    Row(("AccountKey=",), r"AccountKey=[a-zA-Z0-9+/=]{88}"),
    Row(("://",), rf"://(?:{_LOGIN})?:{_LOGIN}@", probe=rf"://(?:{_LOGIN})?:{_LOGIN}@"),
    Row(
        ("clou", *_short("cl")),
        rf"cl(?:oudant|ou)?[_-]?(?:api)?{_KEYWORD}{_ASSIGN}(?:[0-9a-f]{{64}}|[a-z]{{24}})",
        folded=True,
        probe=r"(?:cl|clou|cloudant)[_-]?(?:api)?(?:key|pw|pass|token)",
    ),
    Row(("cloudant",), r"https?://[\w\-]+:(?:[0-9a-f]{64}|[a-z]{24})@", folded=True),
    Row(
        ("M", "N", "O"),
        r"[MNO][a-zA-Z\d_-]{23,25}\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27}",
        probe=r"[a-zA-Z\d_-]\.[a-zA-Z\d_-]{6}\.[a-zA-Z\d_-]{27}",
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
        probe=r"(?:key|pwd|password|pass|token)[\"']?\]?[ :=>]+[\"']?[a-z0-9_\-]{44}",
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
    Row(
        ("SG.",),
        r"SG\.[a-zA-Z0-9_\-]{22}\.[a-zA-Z0-9_\-]{43}",
        binary=True,
        probe=r"SG\.[a-zA-Z0-9_\-]{22}\.",
    ),
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
        probe=r"(?:softlayer|sl)[_-]?(?:api)?(?:key|pw|pass|token)",
    ),
    Row(
        ("softlayer",),
        r"api.softlayer.com/soap/v3(?:.1)?/[a-z0-9]{64}",
        folded=True,
    ),
    Row(("sq0csp-",), r"sq0csp-[0-9A-Za-z\\\-_]{43}", binary=True),
    Row(
        ("k_live_",),
        r"[rs]k_live_[0-9a-zA-Z]{24}",
        binary=True,
        probe=r"k_live_[0-9a-zA-Z]{24}",
    ),
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
            "lin_api_",
            "ATATT3",
            "nfp_",
            "figd_",
            "PMAK-",
            "sntrys_",
            ".atlasv1.",
            "ntn_",
            "xkeysib-",
            "gsk_",
            "r8_",
            "pscale_",
            "shpss_",
            "shpca_",
            "shppa_",
            "dp.",
            "sk-or-v1-",
        ),
        r"npm_[A-Za-z0-9]{36}|hf_[A-Za-z]{34}|dckr_pat_[A-Za-z0-9_\-]{27}"
        r"|hvs\.[A-Za-z0-9_\-]{24}|dop_v1_[a-f0-9]{64}|shpat_[a-f0-9]{32}"
        r"|rubygems_[a-f0-9]{48}|sk-ant-[A-Za-z0-9_\-]{32}|sk-proj-[A-Za-z0-9_\-]{32}"
        r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|dapi[a-f0-9]{32}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]"
        r"|glsa_[A-Za-z0-9]{32}_|lin_api_[A-Za-z0-9]{40}|ATATT3[A-Za-z0-9_\-=]{100}"
        r"|nfp_[A-Za-z0-9]{36}|figd_[A-Za-z0-9_\-]{40}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}"
        r"|sntrys_[A-Za-z0-9+/=_\-]{60}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60}"
        r"|ntn_[A-Za-z0-9]{40}|xkeysib-[a-f0-9]{64}-|gsk_[A-Za-z0-9]{52}|r8_[A-Za-z0-9]{37}"
        r"|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=\-]{32}|shp(?:ss|ca|pa)_[a-fA-F0-9]{32}"
        r"|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40}|sk-or-v1-[a-f0-9]{64}",
        binary=True,
        probe=r"npm_[A-Za-z0-9]{6}|hf_[A-Za-z]{6}|dckr_pat_|hvs\.[A-Za-z0-9_\-]{4}|dop_v1_"
        r"|shpat_|rubygems_[a-f0-9]{4}|sk-ant-|sk-proj-|AGE-SECRET-KEY-1|dapi[a-f0-9]{4}"
        r"|xapp-\d|glsa_|lin_api_|ATATT3|nfp_|figd_|PMAK-|sntrys_|\.atlasv1\.|ntn_[A-Za-z0-9]{6}"
        r"|xkeysib-|gsk_[A-Za-z0-9]{6}|r8_[A-Za-z0-9]{6}|pscale_|shp(?:ss|ca|pa)_"
        r"|dp\.[a-z]{2,5}\.[A-Za-z0-9.]{6}|sk-or-v1-",
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
    Row(("LS0tLS1CRUdJTi",), r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{46}"),
    Row(
        ("configure", "login", "mysql"),
        r"aws\s{1,9}configure\s{1,9}set\s{1,9}\S{0,99}(?:secret_access_key|session_token)\s"
        r"|(?:docker|podman|registry)\s{1,9}login\b[^|;&]{0,300}?\s-p"
        r"|mysql(?:admin|dump)?\s[^|;&]{0,300}?-p[^\s$]",
        probe=r"configure\s+set|(?:docker|podman|registry)\s+login|mysql(?:admin|dump)?\s",
    ),
    Row(("chpasswd",), r"\|\s{0,9}(?:sudo\s{1,9})?chpasswd", folded=True),
    Row(
        ("identified", "password '", "password \\", "sshpass"),
        r"identified by \\?['\"][^'\"$]|password \\?'[^'$]|sshpass\s+-p",
        folded=True,
        probe=r"identified by \\?['\"]|password \\?'|sshpass\s+-p",
    ),
)
