"""An image with things planted in it, each in a layer of its own, on an untouched Debian.

All secrets are made when a test runs: nothing in the repository looks like one.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import string
import struct
import sysconfig
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dockgate.rules.rule import File
from tests.builder.images import CONFIG, MANIFEST, Layout, config_json, digest_of, layer_tar
from tests.engine.bases import build_bases
from tests.engine.errors import EngineError
from tests.engine.paths import default_paths
from tests.tools import missing

_LETTERS = string.ascii_letters + string.digits
#: Folders of Python's library that Debian does not put into its package.
_NOT_PACKAGED = {
    "__pycache__",
    "test",
    "tests",
    "idle_test",
    "idlelib",
    "site-packages",
    "dist-packages",
}


class Plant(NamedTuple):
    """Something planted, and how it must be found."""

    what: str
    rule: str
    line: int  #: of the Dockerfile, whose instruction made the layer; 0: in the configuration
    path: str = ""
    says: str = ""  #: what the message holds at least


class Secrets:
    """Secrets of real shape that are nobody's; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self, size: int, letters: str = _LETTERS) -> str:
        return "".join(self._random.choices(letters, k=size))

    def aws(self) -> tuple[str, str]:
        """An access key's id and the key."""
        upper = string.ascii_uppercase + "234567"
        return "AKIA" + self.text(16, upper), self.text(40, _LETTERS + "/+")

    def github(self) -> str:
        """A personal access token, its checksum included."""
        body = self.text(30)
        left, check = zlib.crc32(body.encode()), ""
        digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
        for _ in range(6):
            left, digit = divmod(left, 62)
            check = digits[digit] + check
        return "ghp_" + body + check

    def stripe(self) -> str:
        return "sk_" + "live_" + self.text(24)

    def slack(self) -> str:
        numbers = [self.text(12, string.digits[1:]) for _ in range(2)]
        return "-".join(["xoxb", *numbers, self.text(24)])

    def ssh_key(self) -> str:
        """An Ed25519 key as ssh-keygen writes it (openssh PROTOCOL.key)."""
        public, seed = self._random.randbytes(32), self._random.randbytes(32)

        told = _field(b"ssh-ed25519", public)
        check = self._random.randbytes(4) * 2
        private = check + _field(b"ssh-ed25519", public, seed + public, b"me@host")
        private += bytes(range(1, 1 + -len(private) % 8))
        blob = b"openssh-key-v1\0" + _field(b"none", b"none", b"") + struct.pack(">I", 1)
        blob += _field(told, private)
        lines = base64.encodebytes(blob).decode().replace("\n", "")
        wrapped = "\n".join(lines[at : at + 70] for at in range(0, len(lines), 70))
        kind = "OPENSSH PRIVATE KEY"
        return f"-----BEGIN {kind}-----\n{wrapped}\n-----END {kind}-----\n"

    def public_key(self) -> str:
        blob = _field(b"ssh-ed25519", self._random.randbytes(32))
        return f"ssh-ed25519 {base64.b64encode(blob).decode()} me@host"


def _field(*parts: bytes) -> bytes:
    """Strings as SSH writes them (RFC 4251, 5)."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes python3
COPY deploy/ /root/
RUN ./configure && rm -r /root/.aws /root/.git-credentials
COPY id_ed25519 /root/.ssh/id_ed25519
COPY .env /app/.env
COPY config.json /app/
RUN make helper && install --mode 4755 helper /usr/local/bin/helper
COPY worker /usr/local/bin/worker
COPY authorized_keys /root/.ssh/authorized_keys
RUN useradd deploy && passwd --delete deploy
ARG NPM_TOKEN
RUN npm ci
ENV PAYMENT_API_TOKEN=set-below
LABEL deploy.token=set-below
USER deploy
CMD ["/usr/local/bin/worker"]
"""

#: A program's first bytes, so that it is one for whoever looks at it.
_ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(200)


def base_layer() -> bytes:
    """The tar of the tests' debian:bookworm-slim; skips the test where it cannot be had."""
    paths = default_paths()
    try:
        build_bases(paths)
    except (EngineError, OSError) as error:
        raise missing(f"no Debian base: {error}") from None

    def blob(digest: str) -> bytes:
        return (paths.bases / digest.partition(":")[2]).read_bytes()

    index = json.loads((paths.bases / "debian-bookworm-slim.json").read_bytes())
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    return gzip.decompress(blob(manifest["layers"][0]["digest"]))


def python_layer() -> bytes:
    """This Python's library, as a package would bring it: some 20 MB of real text and programs."""
    root = Path(sysconfig.get_path("stdlib"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in _packaged(root):
            info = tar.gettarinfo(file, f"usr/lib/python3.11/{file.relative_to(root)}")
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            with file.open("rb") as content:
                tar.addfile(info, content)
    return buffer.getvalue()


def _packaged(root: Path) -> Iterator[Path]:
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root)
        if file.is_file() and not file.is_symlink() and _NOT_PACKAGED.isdisjoint(inside.parts):
            yield file


def base(folder: Path) -> None:
    """The image as it is before anything is planted, as a layout in `folder`."""
    _write(
        folder,
        [base_layer(), python_layer()],
        {"User": "65534:65534", "Cmd": ["sleep", "1"]},
        ["debian packages, unpacked", _run("apt-get update && apt-get install --yes python3")],
    )


class Planted(NamedTuple):
    """What comes on top of a base: one layer for each line of `DOCKERFILE` from the third on."""

    tars: list[bytes]
    history: list[Any]
    config: dict[str, Any]
    plants: list[Plant]
    secrets: list[str]  #: none of them may ever be shown


def planted(folder: Path, seed: int) -> Planted:
    """The image with everything, as a layout in `folder`."""
    lowest = base_layer()
    top = on_top(lowest, seed)
    below = [
        "debian packages, unpacked",
        _run("apt-get update && apt-get install --yes python3"),
    ]
    _write(folder, [lowest, python_layer(), *top.tars], top.config, [*below, *top.history])
    return top


def on_top(lowest: bytes, seed: int) -> Planted:
    """The planted things, for an image whose lowest layer's tar is `lowest`."""
    new = Secrets(seed)
    (aws_id, aws_key), token, npm, database = new.aws(), new.github(), new.github(), new.text(20)
    stripe, slack, password, label = new.stripe(), new.slack(), new.text(18), new.github()
    api_key, payment = new.text(32, string.hexdigits.lower()[:16]), new.text(40)
    key = new.ssh_key()
    with tarfile.open(fileobj=io.BytesIO(lowest)) as tar:
        accounts = {}
        for name in ("etc/passwd", "etc/shadow"):
            content = tar.extractfile(name)
            assert content is not None
            accounts[name] = content.read().decode()
    tars = [
        layer_tar({
            "root/.aws/credentials": f"[default]\naws_access_key_id = {aws_id}\n"
                                     f"aws_secret_access_key = {aws_key}\n",
            "root/.git-credentials": f"https://me:{token}@github.com\n",
        }),
        layer_tar({"root/.aws": None, "root/.git-credentials": None}),
        layer_tar({"root/.ssh/id_ed25519": File(key, mode=0o600)}),
        layer_tar({
            "app/.env": f"STRIPE_KEY={stripe}\nSLACK_TOKEN={slack}\nDB_PASSWORD={password}\n"
                        f"DATABASE_URL=postgres://app:{database}@db.internal:5432/app\nPORT=80\n",
        }),
        layer_tar({"app/config.json": json.dumps({"name": "x", "api_key": api_key}, indent=2)}),
        layer_tar({"usr/local/bin/helper": File(_ELF, mode=0o4755)}),
        layer_tar({
            "usr/local/bin/worker": File(
                _ELF + b"stratum+tcp://pool.example.com:4444\0" + b"xmrig/6.21\0donate-level\0",
                mode=0o755,
            ),
        }),
        layer_tar({"root/.ssh/authorized_keys": File(new.public_key() + "\n", mode=0o600)}),
        layer_tar({
            "etc/passwd": accounts["etc/passwd"] + "deploy:x:1000:1000::/home/deploy:/bin/bash\n",
            "etc/shadow": File(
                accounts["etc/shadow"] + "deploy::19675:0:99999:7:::\n", mode=0o640, gid=42
            ),
        }),
        layer_tar({"app/node_modules/x/index.js": "module.exports = 1\n"}),
    ]  # fmt: skip
    history: list[Any] = [
        "COPY deploy/ /root/ # buildkit",
        _run("./configure && rm -r /root/.aws /root/.git-credentials"),
        "COPY id_ed25519 /root/.ssh/id_ed25519 # buildkit",
        "COPY .env /app/.env # buildkit",
        "COPY config.json /app/ # buildkit",
        _run("make helper && install --mode 4755 helper /usr/local/bin/helper"),
        "COPY worker /usr/local/bin/worker # buildkit",
        "COPY authorized_keys /root/.ssh/authorized_keys # buildkit",
        _run("useradd deploy && passwd --delete deploy"),
        {"created_by": "ARG NPM_TOKEN", "empty_layer": True},
        f"RUN |1 NPM_TOKEN={npm} /bin/sh -c npm ci # buildkit",
        {"created_by": f"ENV PAYMENT_API_TOKEN={payment}", "empty_layer": True},
        {"created_by": f"LABEL deploy.token={label}", "empty_layer": True},
        {"created_by": "USER deploy", "empty_layer": True},
        {"created_by": 'CMD ["/usr/local/bin/worker"]', "empty_layer": True},
    ]
    config = {
        "User": "deploy",
        "Cmd": ["/usr/local/bin/worker"],
        "Env": ["PATH=/usr/bin:/bin", f"PAYMENT_API_TOKEN={payment}"],
        "Labels": {"deploy.token": label},
    }
    in_layer, in_config = "image-secret-in-layer", "image-secret-in-config"
    plants = [
        Plant("deleted AWS key", in_layer, 3, "root/.aws/credentials", "deleted later"),
        Plant("deleted GitHub token", in_layer, 3, "root/.git-credentials", "deleted later"),
        Plant("SSH key", "image-private-key", 5, "root/.ssh/id_ed25519"),
        Plant("Stripe, Slack, password, URL", in_layer, 6, "app/.env"),
        Plant("JSON api_key", in_layer, 7, "app/config.json"),
        Plant("setuid", "image-setuid", 8, "usr/local/bin/helper"),
        Plant("miner", "image-malware", 9, "usr/local/bin/worker", "miner"),
        Plant("authorized_keys", "image-authorized-keys", 10, "root/.ssh/authorized_keys"),
        Plant("empty password", "image-empty-password", 11, "etc/shadow", "deploy"),
        Plant("ARG in the history", in_config, 0, says="history"),
        Plant("ENV", in_config, 0, says="PAYMENT_API_TOKEN"),
        Plant("LABEL", in_config, 0, says="deploy.token"),
    ]
    lines = [line for line in key.splitlines() if "KEY" not in line]
    values = [aws_id, aws_key, token, npm, database, stripe, slack, password, label, api_key]
    secrets = [*values, payment, *lines]
    return Planted(tars, history, config, plants, secrets)


def _run(script: str) -> str:
    return f"RUN /bin/sh -c {script} # buildkit"


def _write(folder: Path, tars: list[bytes], config: dict[str, Any], history: list[Any]) -> None:
    layout = Layout(folder)
    document = config_json(tars, {**config, "history": history})
    layers = layout.layers(tars)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(document, CONFIG),
        "layers": layers,
    }
    layout.index(layout.document(manifest))
    assert len({digest_of(tar) for tar in tars}) == len(tars)
