"""What package managers have left behind."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.listing import below, human, seen

#: Bytes of a cache from which on it is more than a hint.
HEAVY = 10_000_000

#: Folders, with how their manager empties them.
_CACHES = {
    "var/lib/apt/lists": "`rm -rf /var/lib/apt/lists/*` in the step that installs",
    "var/cache/apt": "`apt-get clean` in the step that installs",
    "var/cache/apk": "`apk add --no-cache`",
    "etc/apk/cache": "`apk add --no-cache`",
    "var/cache/yum": "`yum clean all` in the step that installs",
    "var/cache/dnf": "`dnf clean all` in the step that installs",
    "var/cache/libdnf5": "`dnf clean all` in the step that installs",
    "var/cache/microdnf": "`microdnf clean all` in the step that installs",
    "var/cache/zypp": "`zypper clean --all` in the step that installs",
    "var/cache/pacman/pkg": "`pacman -Scc --noconfirm` in the step that installs",
}
#: The same below a home.
_IN_HOMES = {
    ".cache/pip": "`pip install --no-cache-dir`",
    ".cache/uv": "`uv --no-cache`, or a cache mount",
    ".cache/pypoetry": "a cache mount",
    ".npm": "`npm cache clean --force` in the step that installs, or a cache mount",
    ".cache/yarn": "`yarn cache clean`, or a cache mount",
    ".yarn/cache": "`yarn cache clean`, or a cache mount",
    ".local/share/pnpm/store": "`pnpm store prune`, or a cache mount",
    ".cache/go-build": "a cache mount, or a stage of its own",
    ".cargo/registry": "a cache mount, or a stage of its own",
    ".gradle/caches": "a cache mount, or a stage of its own",
    ".m2/repository": "a cache mount, or a stage of its own",
    ".composer/cache": "`composer clear-cache`, or a cache mount",
    ".bundle/cache": "`bundle config no_cache`, or a cache mount",
}
#: What is there when a cache is empty.
_EMPTY = frozenset({"lock", "partial", "CACHEDIR.TAG", ".gitignore", "auxfiles", "expirations"})


def check(image: Image) -> Iterator[Finding]:
    """One finding for each cache and layer, with what it weighs."""
    weights: dict[tuple[str, str], tuple[Layer, int]] = {}
    homes = [*_homes(image)]
    caches = _CACHES | {f"{home}/{path}": h for home in homes for path, h in _IN_HOMES.items()}
    for path, layer, entry in seen(image, below(*caches)):
        if entry.kind != "file" or not entry.size or path.rpartition("/")[2] in _EMPTY:
            continue
        cache = _cache(path, caches)
        _, weight = weights.get((cache, layer.digest), (layer, 0))
        weights[cache, layer.digest] = layer, weight + entry.size
    for (cache, digest), (_, weight) in weights.items():
        yield Finding(
            f"package manager's cache {shown(cache)} weighs {human(weight)}",
            layer=digest,
            path=shown(cache),
            help=f"leave it out: {caches[cache]}",
            at_most=None if weight >= HEAVY else Severity.INFO,
        )


def _homes(image: Image) -> Iterator[str]:
    yield "root"
    final = image.final()
    for path in {folder for layer in image.layers for folder in layer.entries.folders}:
        if path.startswith("home/") and path.count("/") == 1 and final.is_folder(path):
            yield path


def _cache(path: str, caches: dict[str, str]) -> str:
    folder = path
    while folder not in caches:
        folder = folder.rpartition("/")[0]
    return folder


RULE = Rule(
    "image-package-cache",
    Image,
    Severity.WARNING,
    why=(
        "A package manager keeps what it has fetched for the next time; in an image there is no "
        "next time, and every node pulls it along. An old index does harm besides: `apt-get "
        "install` in an image built upon it asks for versions that are gone. A later `RUN rm` "
        "hides the cache and keeps its weight: the step that fills it must empty it, or a cache "
        "mount must take it. Below 10 MB it is a hint."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/cache/optimize/#use-cache-mounts",
        "CIS Docker 1.6 4.3",
        "CWE-459",
    ),
    aliases=("DKL-DI-0004", "DKL-DI-0005", "DKL-LI-0003"),
    examples=(
        bad_image(
            {"var/lib/apt/lists/deb.debian.org_dists_InRelease": "Origin: Debian\n"},
            found=["var/lib/apt/lists"],
        ),
        bad_image(
            {"var/cache/apk/APKINDEX.tar.gz": "x", "home/app/.cache/pip/http/a": "x"},
            found=["var/cache/apk", "home/app/.cache/pip"],
        ),
        good_image({"var/lib/apt/lists/lock": "", "var/lib/apt/lists/partial/": ""}),
        good_image({"var/cache/apk/a": "x"}, {"var/cache/apk/a": None}),
    ),
)
