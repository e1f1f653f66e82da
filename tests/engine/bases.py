"""The base images that tests build on, made from Debian packages.

`debian:bookworm-slim` is Debian: its packages, their files as dpkg would lay them out and dpkg's
own database; without apt, and with what maintainer scripts would have done written out here.
`busybox` and `alpine` are Debian's static busybox with the names and files that the real ones have;
alpine has no apk. The same packages give the same bytes.
"""

import gzip
import io
import json
import posixpath
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .errors import EngineError
from .packages import BASE_SUITE, CACHE_FORMAT, Apt, binary, fetch_suite, own_lists, run
from .paths import Paths
from .registry import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Registry, digest_of

_DEBIAN = (
    "adduser", "base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "dpkg",
    "findutils", "gcc-12-base", "grep", "gzip", "hostname", "libacl1", "libattr1",
    "libaudit-common", "libaudit1", "libbz2-1.0", "libc-bin", "libc6", "libcap-ng0", "libcrypt1",
    "libdb5.3", "libdebconfclient0", "libgcc-s1", "libgmp10", "liblzma5", "libmd0",
    "libpam-modules", "libpam-modules-bin", "libpam-runtime", "libpam0g", "libpcre2-8-0",
    "libselinux1", "libsemanage-common", "libsemanage2", "libsepol2", "libtinfo6", "libzstd1",
    "login", "mawk", "ncurses-base", "passwd", "perl-base", "sed", "tar", "zlib1g",
)  # fmt: skip
# As Debian's own slim images leave out; gconv besides, which nothing in a test converts with.
_LEFT_OUT = (
    "usr/share/man/", "usr/share/info/", "usr/share/locale/", "usr/share/lintian/",
    "usr/share/doc/", "usr/lib/x86_64-linux-gnu/gconv/", "usr/lib/aarch64-linux-gnu/gconv/",
)  # fmt: skip
# Nobody has a password here, so PAM asks nobody: root may do all, others nothing.
_PAM = {"auth": "deny", "account": "permit", "password": "deny", "session": "permit"}
_COPIES = {
    "etc/profile": "base-files/profile",
    "etc/nsswitch.conf": "libc-bin/nsswitch.conf",
    "root/.bashrc": "base-files/dot.bashrc",
    "root/.profile": "base-files/dot.profile",
}
_MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
# Applets that pretend to be the package managers which these images do not have.
_NOT_APPLETS = {"dpkg", "dpkg-deb", "rpm", "rpm2cpio"}
_TIME = 1_700_000_000
_CREATED = "2023-11-14T22:13:20Z"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PLATFORMS = {
    "amd64": {"architecture": "amd64"},
    "arm64": {"architecture": "arm64", "variant": "v8"},
    "armhf": {"architecture": "arm", "variant": "v7"},
    "i386": {"architecture": "386"},
    "ppc64el": {"architecture": "ppc64le"},
}
_USERLAND = Path(__file__).parent / "userland"


@dataclass
class Files:
    """A root file system in memory, written in the order of its names."""

    entries: dict[str, tuple[tarfile.TarInfo, bytes]] = field(default_factory=dict)

    def add(self, info: tarfile.TarInfo, content: bytes = b"") -> None:
        """Take an entry over; a folder that is there keeps its mode."""
        if info.isdir() and info.name in self.entries:
            return
        info.mtime = _TIME
        info.uname = info.gname = ""
        self.entries[info.name] = (info, content)

    def file(self, name: str, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file."""
        data = content.encode() if isinstance(content, str) else content
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), mode
        self.add(info, data)

    def folder(self, *names: str, mode: int = 0o755) -> None:
        """Make folders."""
        for name in names:
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, mode
            self.add(info)

    def link(self, name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> None:
        """Make a symbolic link, or a hard one."""
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = kind, target, 0o777
        self.add(info)

    def text(self, name: str) -> str:
        """A file's text."""
        return self.entries[name][1].decode()

    def tar(self) -> bytes:
        """The layer, uncompressed. Hard links come last, behind what they point at."""
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for _, (info, content) in sorted(
                self.entries.items(), key=lambda item: (item[1][0].islnk(), item[0])
            ):
                archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
        return output.getvalue()


@dataclass(frozen=True)
class Base:
    """One image: its name on Docker Hub, its command, and how its files come about."""

    repository: str
    tag: str
    command: str
    make: Callable[[Paths], Files]

    @property
    def file(self) -> str:
        """The name under which its description is cached."""
        return f"{posixpath.basename(self.repository)}-{self.tag}.json"


def _merged(name: str) -> str:
    clean = name.removeprefix("./").rstrip("/")
    return f"usr/{clean}" if clean.partition("/")[0] in _MERGED else clean


def _deb_part(package: Path, part: str) -> tarfile.TarFile:
    done = subprocess.run(
        ["dpkg-deb", f"--{part}-tarfile", str(package)], capture_output=True, check=False
    )
    if done.returncode:
        raise EngineError(f"`dpkg-deb` cannot read {package.name}: remove the packages folder")
    return tarfile.open(fileobj=io.BytesIO(done.stdout))


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(info) if info.isreg() else None
    return stream.read() if stream else b""


def _add_package(files: Files, package: Path) -> str:
    """Lay out a package and register it as dpkg does; gives its paragraph of the status file."""
    listed = ["/."]
    with _deb_part(package, "fsys") as archive:
        for info in archive:
            listed.append("/" + info.name.removeprefix("./").rstrip("/"))
            content = _content(archive, info)
            info.name = _merged(info.name)
            if info.islnk():
                info.linkname = _merged(info.linkname)
            skipped = info.name.startswith(_LEFT_OUT) and not info.name.endswith("/copyright")
            if info.name and info.name not in _MERGED and (not skipped or info.isdir()):
                files.add(info, content)
    with _deb_part(package, "ctrl") as archive:
        control = {posixpath.basename(info.name): _content(archive, info) for info in archive}
    paragraph = control["control"].decode().rstrip("\n")
    fields = dict(
        line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " "
    )
    name = fields["Package"]
    if fields.get("Multi-Arch") == "same":
        name += f":{fields['Architecture']}"
    info_folder = f"var/lib/dpkg/info/{name}"
    files.file(f"{info_folder}.list", "\n".join(line for line in listed if line != "/") + "\n")
    if "md5sums" in control:
        files.file(f"{info_folder}.md5sums", control["md5sums"])
    first, _, rest = paragraph.partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"


def _debian(paths: Paths) -> Files:
    files = Files()
    files.folder("usr", *(f"usr/{name}" for name in _MERGED[:3]), "usr/lib64")
    for name in ("bin", "sbin", "lib", "lib64"):
        files.link(name, f"usr/{name}")
    status = [
        _add_package(files, next(_downloads(paths).glob(f"{name}_*.deb"))) for name in _DEBIAN
    ]
    files.file("var/lib/dpkg/status", "\n".join(status))
    files.file("var/lib/dpkg/available", "")
    files.file("var/lib/dpkg/info/format", "1\n")
    # What the maintainer scripts would have done.
    for name in ("passwd", "group"):
        text = files.text(f"usr/share/base-passwd/{name}.master").replace(":*:", ":x:")
        files.file(f"etc/{name}", text)
    users = [line.split(":")[0] for line in files.text("etc/passwd").splitlines()]
    groups = [line.split(":")[0] for line in files.text("etc/group").splitlines()]
    files.file("etc/shadow", "".join(f"{user}:*:19675:0:99999:7:::\n" for user in users), 0o640)
    files.file("etc/gshadow", "".join(f"{group}:*::\n" for group in groups), 0o640)
    for name in ("etc/shadow", "etc/gshadow"):
        files.entries[name][0].gid = 42
    for name, source in _COPIES.items():
        files.file(name, files.text(f"usr/share/{source}"))
    for name, module in _PAM.items():
        files.file(f"etc/pam.d/common-{name}", f"{name} required pam_{module}.so\n")
    files.link("usr/bin/awk", "mawk")
    files.link("usr/bin/which", "which.debianutils")
    files.link("usr/bin/sh", "dash")
    return files


def _busybox(paths: Paths) -> Files:
    """What busybox and alpine share."""
    program = binary(paths, "busybox")
    applets = set(run([str(program), "--list"]).split()) - _NOT_APPLETS - {"busybox"}
    files = Files()
    files.folder("bin", "sbin", "usr", "usr/bin", "usr/sbin", "usr/local", "usr/local/bin", "etc",
                 "home", "var", "var/log", "dev", "proc", "sys", "run")  # fmt: skip
    files.folder("root", mode=0o700)
    files.folder("tmp", "var/tmp", mode=0o1777)
    files.file("bin/busybox", program.read_bytes(), 0o755)
    for applet in applets:
        files.link(f"bin/{applet}", "busybox")
    files.link("usr/bin/env", "../../bin/busybox")
    files.link("sbin/nologin", "../bin/busybox")
    for script in sorted(_USERLAND.iterdir()):
        files.file(f"usr/sbin/{script.name}", script.read_bytes(), 0o755)
    return files


def _accounts(files: Files, users: Iterable[str], groups: Iterable[str]) -> None:
    listed = list(users)
    files.file("etc/passwd", "".join(f"{line}\n" for line in listed))
    files.file("etc/group", "".join(f"{line}\n" for line in groups))
    shadow = (f"{line.split(':')[0]}:*:19675:0:99999:7:::\n" for line in listed)
    files.file("etc/shadow", "".join(shadow), 0o640)


def _plain_busybox(paths: Paths) -> Files:
    files = _busybox(paths)
    _accounts(
        files,
        ("root:x:0:0:root:/root:/bin/sh", "daemon:x:1:1:daemon:/usr/sbin:/bin/false",
         "bin:x:2:2:bin:/bin:/bin/false", "sys:x:3:3:sys:/dev:/bin/false",
         "www-data:x:33:33:www-data:/var/www:/bin/false",
         "nobody:x:65534:65534:nobody:/home:/bin/false"),
        ("root:x:0:", "daemon:x:1:", "bin:x:2:", "sys:x:3:", "tty:x:5:", "www-data:x:33:",
         "staff:x:50:", "users:x:100:", "nogroup:x:65534:"),
    )  # fmt: skip
    return files


def _alpine(paths: Paths) -> Files:
    files = _busybox(paths)
    release = "3.18.12"
    _accounts(
        files,
        ("root:x:0:0:root:/root:/bin/ash", "bin:x:1:1:bin:/bin:/sbin/nologin",
         "daemon:x:2:2:daemon:/sbin:/sbin/nologin", "guest:x:405:100:guest:/dev/null:/sbin/nologin",
         "nobody:x:65534:65534:nobody:/:/sbin/nologin"),
        ("root:x:0:root", "bin:x:1:root,bin,daemon", "daemon:x:2:root,bin,daemon", "tty:x:5:",
         "shadow:x:42:", "www-data:x:82:", "users:x:100:", "nogroup:x:65533:",
         "nobody:x:65534:"),
    )  # fmt: skip
    files.file("etc/alpine-release", f"{release}\n")
    files.file("etc/os-release", f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={release}\n'
                                 'PRETTY_NAME="Alpine Linux v3.18"\n')  # fmt: skip
    files.file("etc/shells", "/bin/sh\n/bin/ash\n")
    return files


BASES = (
    Base("library/debian", "bookworm-slim", "bash", _debian),
    Base("library/busybox", "1.36", "sh", _plain_busybox),
    Base("library/alpine", "3.18", "/bin/sh", _alpine),
)


def build_bases(paths: Paths) -> None:
    """Make the images' blobs in the cache, unless they are there."""
    marker = paths.packages / "bases.ready"
    if marker.exists() and marker.read_text() == CACHE_FORMAT:
        return
    shutil.rmtree(paths.bases, ignore_errors=True)
    paths.bases.mkdir(parents=True)
    downloads = _downloads(paths)
    shutil.rmtree(downloads, ignore_errors=True)
    fetch_suite(Apt.of_machine(own_lists(paths)), BASE_SUITE, _DEBIAN, paths, downloads)
    architecture = run(["dpkg", "--print-architecture"]).strip()
    platform = {"os": "linux", **_PLATFORMS.get(architecture, {"architecture": architecture})}
    for base in BASES:
        _write_image(base, base.make(paths).tar(), platform, paths.bases)
    shutil.rmtree(downloads)
    marker.write_text(CACHE_FORMAT)


def _downloads(paths: Paths) -> Path:
    return paths.packages / "debs-bases"


def _write_image(base: Base, layer: bytes, platform: dict[str, str], folder: Path) -> None:
    packed = gzip.compress(layer, 6, mtime=0)
    config = _encoded({
        "created": _CREATED,
        **platform,
        "config": {"Env": [f"PATH={_PATH}"], "Cmd": [base.command]},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        "history": [{"created": _CREATED, "created_by": "debian packages, unpacked"}],
    })  # fmt: skip
    manifest = _encoded({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(OCI_CONFIG, config),
        "layers": [_descriptor(OCI_LAYER, packed)],
    })  # fmt: skip
    index = _encoded({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [{**_descriptor(OCI_MANIFEST, manifest), "platform": platform}],
    })  # fmt: skip
    for blob in (packed, config, manifest, index):
        (folder / digest_of(blob).partition(":")[2]).write_bytes(blob)
    (folder / base.file).write_bytes(index)


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _descriptor(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest_of(blob), "size": len(blob)}


def push_bases(paths: Paths, registry: Registry) -> None:
    """Push the images into the registry that the engine asks in Docker Hub's place."""

    def blob(descriptor: dict[str, str]) -> bytes:
        return (paths.bases / descriptor["digest"].partition(":")[2]).read_bytes()

    for base in BASES:
        index = (paths.bases / base.file).read_bytes()
        if registry.digest(base.repository, base.tag) == digest_of(index):
            continue
        for child in json.loads(index)["manifests"]:
            manifest = blob(child)
            described = json.loads(manifest)
            for part in (described["config"], *described["layers"]):
                registry.put_blob(base.repository, blob(part))
            registry.put_manifest(base.repository, child["digest"], manifest, OCI_MANIFEST)
        registry.put_manifest(base.repository, base.tag, index, OCI_INDEX)
