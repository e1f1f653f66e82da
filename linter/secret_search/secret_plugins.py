"""The plugins that find tokens: detect-secrets' own, and in its form those that it lacks.

Imported only when the prefilter has found a candidate: detect-secrets takes 150 ms to import.
Plugins are asked directly (`analyze_string`), so that detect-secrets' global settings, its rules
about file names and its `pragma: allowlist` comments have no say.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator, Iterable, Iterator
from re import Pattern

from detect_secrets.filters import heuristic
from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector


class _Whole(RegexBasedDetector):
    """Gives the whole match where the plugin's own groups would give a prefix (`ghp`)."""

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """The tokens in `string`."""
        for regex in self.denylist:
            for match in regex.finditer(string):
                yield match.group()


class WholeGitHubTokenDetector(_Whole, GitHubTokenDetector):
    """detect-secrets' expressions for GitHub's tokens, which name only the prefix."""


class WholeGitLabTokenDetector(_Whole, GitLabTokenDetector):
    """detect-secrets' expressions for GitLab's tokens, which name only the prefix."""


class GitHubFineGrainedTokenDetector(RegexBasedDetector):
    """GitHub's fine-grained personal access tokens (`github_pat_`)."""

    secret_type = "GitHub Token"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (re.compile(r"\bgithub_pat_[A-Za-z0-9_]{36,255}"),)


class GoogleKeyDetector(RegexBasedDetector):
    """Google's API keys (`AIza`) and OAuth client secrets (`GOCSPX-`)."""

    secret_type = "Google API Key"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"\bAIza[0-9A-Za-z_\-]{35}(?![0-9A-Za-z_\-])"),
        re.compile(r"\bGOCSPX-[0-9A-Za-z_\-]{28}"),
    )


class VendorTokenDetector(RegexBasedDetector):
    """Tokens whose issuers gave them a prefix of their own so that they can be recognised."""

    secret_type = "Access Token"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
        re.compile(r"\bhf_[A-Za-z]{34}\b"),
        re.compile(r"\bdckr_pat_[A-Za-z0-9_\-]{27}"),
        re.compile(r"\bhvs\.[A-Za-z0-9_\-]{24,}"),
        re.compile(r"\bdop_v1_[a-f0-9]{64}\b"),
        re.compile(r"\bshpat_[a-f0-9]{32}\b"),
        re.compile(r"\brubygems_[a-f0-9]{48}\b"),
        re.compile(r"\bsk-(?:ant|proj)-[A-Za-z0-9_\-]{32,}"),
        re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b"),
        re.compile(r"\bdapi[a-f0-9]{32}\b"),
        re.compile(r"\bxapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+"),
        re.compile(r"\bglsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}\b"),
        re.compile(r"\blin_api_[A-Za-z0-9]{40}\b"),
        re.compile(r"\bATATT3[A-Za-z0-9_\-=]{100,}"),
        re.compile(r"\bnfp_[A-Za-z0-9]{36}\b"),
        re.compile(r"\bfigd_[A-Za-z0-9_\-]{40}"),
        re.compile(r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
        re.compile(r"\bsntrys_[A-Za-z0-9+/=_\-]{60,}"),
        re.compile(r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,}"),
        re.compile(r"\bntn_[A-Za-z0-9]{40,}"),
        re.compile(r"\bxkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}\b"),
        re.compile(r"\bgsk_[A-Za-z0-9]{52}\b"),
        re.compile(r"\br8_[A-Za-z0-9]{37}\b"),
        re.compile(r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=\-]{32,64}"),
        re.compile(r"\bshp(?:ss|ca|pa)_[a-fA-F0-9]{32}\b"),
        re.compile(r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,}"),
        re.compile(r"\bsk-or-v1-[a-f0-9]{64}\b"),
    )


class NpmLoginDetector(RegexBasedDetector):
    """Logins of .npmrc other than npm's own tokens: `_auth`, `_authToken`, `_password`."""

    secret_type = "NPM tokens"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(
            r"(?<![A-Za-z0-9])_(?:authToken|auth|password)[ \t]*=[ \t]*[\"']?([^\s\"'$;&|]{6,})"
        ),
    )


class PasswordHashDetector(RegexBasedDetector):
    """Hashes of crypt(5) and htpasswd: `$6$salt$…` in shadow, `-p`, `chpasswd -e`."""

    secret_type = "Password Hash"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"\$(?:1|5|6|apr1)\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}"),
        re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"),
        re.compile(r"\$g?y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}"),
    )


class NetrcDetector(RegexBasedDetector):
    """`machine HOST login NAME password WORD`, as netrc has it on one line."""

    secret_type = "Netrc Password"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(
            r"machine\s{1,9}\S{1,99}\s{1,9}login\s{1,9}\S{1,99}\s{1,9}password\s{1,9}([^\s\"'$\\]+)"
        ),
    )


class CommandLineLoginDetector(RegexBasedDetector):
    """Passwords that a command is given in its arguments or its input."""

    secret_type = "Command-line Password"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(
            r"\b(?:curl|wget)\b[^|;&]{0,300}?\s(?:-u|--user)[ \t=]{0,9}[\"']?"
            r"[^\s:\"'$]{1,99}:([^\s\"'$][^\s\"']*)"
        ),
        re.compile(
            r"(?:echo|printf)\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}\\?[\"']?[\w.\-]{1,99}:([^\s:|\"'$\\]+)[^|]{0,99}"
            r"\|\s{0,9}(?:sudo\s{1,9})?chpasswd"
        ),
        re.compile(r"sshpass\s+-p\s*\\?[\"']?([^\s\"'$\\]+)"),
        re.compile(
            r"\baws\s{1,9}configure\s{1,9}set\s{1,9}\S{0,99}(?:secret_access_key|session_token)\s+[\"']?([^\s\"'$]+)"
        ),
        re.compile(
            r"\b(?:docker|podman|helm registry)\s{1,9}login\b[^|;&]{0,300}?\s-p[ =]?"
            r"[\"']?([^\s\"'$]+)"
        ),
        re.compile(r"\bmysql(?:admin|dump)?\s(?:[^|;&]{0,300}?\s)?-p[\"']?([^\s\"'$\\]+)"),
        re.compile(r"(?:identified by|\bpassword) \\?'([^'\\$]+)\\?'", re.IGNORECASE),
    )


class NamelessLoginDetector(RegexBasedDetector):
    """Passwords of URLs without a user, as Redis has them: `redis://:secret@host`."""

    secret_type = "Basic Auth Credentials"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://:([^:/?#\[\]@!$&'()*+,;=\s\"]{3,})@"),
    )


class AuthorizationDetector(RegexBasedDetector):
    """Credentials of an HTTP request's header."""

    secret_type = "Authorization Header"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(
            r"authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+"
            r"([A-Za-z0-9._~+/=\-]{8,})",
            re.IGNORECASE,
        ),
        re.compile(
            r"(?:(?:private|job)-token|x-api-key):\s+([A-Za-z0-9._~+/=\-]{8,})", re.IGNORECASE
        ),
    )


class DockerAuthDetector(RegexBasedDetector):
    """Logins of Docker's config.json: `"auth"` is base64 of `user:password`."""

    secret_type = "Docker Registry Login"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"\bauth\\?\"\s*:\s*\\?\"([A-Za-z0-9+/]{8,}={0,2})\\?\""),
    )

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """The values that decode to a login."""
        for value in super().analyze_string(string):
            try:
                if b":" in base64.b64decode(value, validate=True):
                    yield value
            except (binascii.Error, ValueError):
                continue


class AzureSignatureDetector(RegexBasedDetector):
    """Signatures of Azure's shared access: whoever has the URL has what it opens."""

    secret_type = "Azure Shared Access Signature"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (re.compile(r"\bsig=([A-Za-z0-9%/+]{43,60}(?:%3[Dd]|=))"),)


class EncodedPrivateKeyDetector(RegexBasedDetector):
    """Private keys in PEM that are encoded once more, as kubeconfig and Kubernetes' Secrets do."""

    secret_type = "Encoded Private Key"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{46,}={0,2}"),
    )

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """Those of which the head is a private key's."""
        for value in super().analyze_string(string):
            if b"PRIVATE KEY-----" in base64.b64decode(value[:60]):
                yield value


class PemPrivateKeyDetector(RegexBasedDetector):
    """Heads of private keys that detect-secrets does not list (encrypted ones, PuTTY's third)."""

    secret_type = "Private Key"  # noqa: S105
    denylist: Iterable[Pattern[str]] = (
        re.compile(r"BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
        re.compile(r"PuTTY-User-Key-File-[23]"),
    )


DETECT_SECRETS: tuple[type[BasePlugin], ...] = (
    ArtifactoryDetector,
    AWSKeyDetector,
    AzureStorageKeyDetector,
    BasicAuthDetector,
    CloudantDetector,
    DiscordBotTokenDetector,
    GitHubTokenDetector,
    GitLabTokenDetector,
    IbmCloudIamDetector,
    IbmCosHmacDetector,
    JwtTokenDetector,
    MailchimpDetector,
    NpmDetector,
    OpenAIDetector,
    PrivateKeyDetector,
    PypiTokenDetector,
    SendGridDetector,
    SlackDetector,
    SoftlayerDetector,
    SquareOAuthDetector,
    StripeDetector,
    TelegramBotTokenDetector,
    TwilioKeyDetector,
)
"""detect-secrets' plugins that tell a token by its shape. The others (keywords, high entropy) are
asked in full_search.py."""

OWN: tuple[type[BasePlugin], ...] = (
    GitHubFineGrainedTokenDetector,
    GoogleKeyDetector,
    VendorTokenDetector,
    NpmLoginDetector,
    PasswordHashDetector,
    NetrcDetector,
    CommandLineLoginDetector,
    NamelessLoginDetector,
    AuthorizationDetector,
    DockerAuthDetector,
    AzureSignatureDetector,
    EncodedPrivateKeyDetector,
    PemPrivateKeyDetector,
)

#: Those in whose place ours are asked, since they give a prefix only.
_REPLACED: dict[type[BasePlugin], type[BasePlugin]] = {
    GitHubTokenDetector: WholeGitHubTokenDetector,
    GitLabTokenDetector: WholeGitLabTokenDetector,
}
_UPSTREAM = [plugin() for plugin in DETECT_SECRETS]
_PLUGINS = [(_REPLACED.get(plugin, plugin)(), plugin in OWN) for plugin in DETECT_SECRETS + OWN]


def found(line: str) -> Iterator[tuple[str, str]]:
    """Each secret of a line as (kind, value), after detect-secrets' own filters of values."""
    for plugin, own in _PLUGINS:
        for value in plugin.analyze_string(line):
            if value and not _filtered(value, own=own):
                yield str(plugin.secret_type), value


def found_by_detect_secrets(line: str) -> Iterator[tuple[str, str]]:
    """As `found`, by the plugins of DETECT_SECRETS as they are."""
    for plugin in _UPSTREAM:
        for value in set(plugin.analyze_string(line)):
            if not _filtered(value, own=False):
                yield str(plugin.secret_type), value


def _filtered(value: str, *, own: bool) -> bool:
    # Our expressions say themselves where `$` and a UUID are part of a secret.
    if not own and (
        heuristic.is_prefixed_with_dollar_sign(value) or heuristic.is_potential_uuid(value)
    ):
        return True
    return (
        heuristic.is_sequential_string(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_not_alphanumeric_string(value)
    )
