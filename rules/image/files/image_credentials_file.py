"""Files in which programs keep a login, by their name."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import glob
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.entries import Entries
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import Pick, few, seen

#: By name alone.
_NAMES = frozenset(
    {
        ".git-credentials",
        ".netrc",
        "_netrc",
        ".pgpass",
        ".mylogin.cnf",
        ".dockercfg",
        ".vault-token",
    }
    | {".dockerconfigjson", ".s3cfg", ".boto", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"}
    | {"kubeconfig", "terraform.tfstate", ".pypirc", ".env"}
    | {f"dropbear_{kind}_host_key" for kind in ("dss", "rsa", "ecdsa", "ed25519")}
)
#: By name and folder.
_PATHS = (
    ".aws/credentials", ".docker/config.json", ".kube/config", ".config/gh/hosts.yml",
    ".azure/accessTokens.json", ".cargo/credentials.toml", ".gem/credentials",
    ".config/gcloud/credentials.db", ".config/gcloud/application_default_credentials.json",
    ".m2/settings-security.xml",
)  # fmt: skip
_ENDINGS = (".kdbx", ".ppk", ".p12", ".pfx", ".ovpn")
_PATH_NAMES = frozenset(path.rpartition("/")[2] for path in _PATHS)
#: Tests and samples of packages.
_PACKAGED = ("/site-packages/", "/dist-packages/", "/node_modules/", "/gems/", "/testdata/")
_TESTS = ("/test/", "/tests/", "/test_data/", "/examples/", "/demos/")


def check(image: Image) -> Iterator[Finding]:
    """One finding for each in which no secret was found: those are told by their own rules."""
    yield from few(_findings(image), "such files")


def _findings(image: Image) -> Iterator[Finding]:
    further = image.settings.secret_files
    told = {(layer.digest, found.path) for layer in image.layers for found in layer.secrets}
    for one in seen(image, _pick(further)):
        name = one.path.rpartition("/")[2]
        inside = f"/{one.path}"
        if one.entry.kind != "file" or not one.entry.size or inside.startswith("/usr/share/"):
            continue
        own = name in _NAMES or name.endswith(_ENDINGS) or inside.endswith(_SLASHED)
        if not own and not any(_matches(inside, pattern) for pattern in further):
            continue
        if (one.layer.digest, one.entry.path) in told or any(x in inside for x in _PACKAGED):
            continue
        if inside.startswith(("/usr/lib/", "/usr/local/lib/")) and any(x in inside for x in _TESTS):
            continue
        yield Finding(
            f"{one.shown} holds a login, as its name says",
            layer=one.layer.digest,
            path=one.shown,
            help="mount it where it is used (`RUN --mount=type=secret`), or give it at run time",
            at_most=Severity.INFO if name == ".env" else None,
        )


_SLASHED = tuple(f"/{path}" for path in _PATHS)


def _pick(further: tuple[str, ...]) -> Pick:
    last = tuple(pattern.rpartition("/")[2] for pattern in further)

    def pick(entries: Entries) -> list[int]:
        return [
            number
            for number, name in enumerate(entries.names)
            if name in _NAMES
            or name in _PATH_NAMES
            or name.endswith(_ENDINGS)
            or any(glob(name, pattern) for pattern in last)
        ]

    return pick


def _matches(path: str, pattern: str) -> bool:
    """As `secret_files` in the settings: the end of a path; `*` is anything but `/`."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) >= len(wanted) and all(
        glob(part, want) for part, want in zip(parts[-len(wanted) :], wanted, strict=True)
    )


RULE = Rule(
    "image-credentials-file",
    Image,
    Severity.WARNING,
    why=(
        "Programs keep logins in files of a known name. What is in such a file may have a form "
        "that no search knows: a company's own token, an encrypted key whose passphrase is weak, "
        "a binary store. In an image it goes to everybody who can pull it. Files in which a "
        "secret was found are told by image-secret-in-layer and image-private-key instead; "
        "`secret_files` in the settings adds names. A `.env` without a secret that is known is a "
        "hint."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
    ),
    aliases=("CIS-DI-0010", "DS-0031"),
    examples=(
        bad_image({"root/.aws/credentials": "[default]\n"}, found=["root/.aws/credentials"]),
        bad_image({"app/.env": "PORT=80\n"}, found=["app/.env"]),
        bad_image({"srv/acme.lic": "x"}, secret_files=("srv/*.lic",), found=["srv/acme.lic"]),
        bad_image(
            {"etc/dropbear/dropbear_rsa_host_key": b"\0\0\0\7ssh-rsa"},
            found=["etc/dropbear/dropbear_rsa_host_key"],
        ),
        good_image({"app/credentials": "", "usr/share/doc/git/.netrc": "example\n"}),
        good_image({"app/.env": ""}, {"app/site-packages/x/.env": "A=1\n"}),
        good_image({"usr/lib/google-cloud-sdk/gsutil/tests/data/test.p12": "x"}),
    ),
)
