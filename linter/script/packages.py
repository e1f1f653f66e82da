"""Reads calls of package managers: which one, what it is asked, for which packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command, ShellWord

_PYTHONS = ("python", "pypy")
_VERSION = "0123456789."
_INSTALL = {"install": "install", "add": "install", "i": "install"}
_REMOVE = dict.fromkeys(("remove", "rm", "uninstall", "purge", "del", "delete", "erase"), "remove")


class Manager(NamedTuple):
    """How one package manager is called."""

    name: str
    verbs: Mapping[str, str]  #: as written -> canonical, where the two differ
    short: str = ""  #: letters of options whose value is the next word
    long: frozenset[str] = frozenset()  #: names of such options, without dashes
    groups: frozenset[str] = frozenset()  #: words that come before the verb: `yarn global add`
    bare: str = ""  #: the verb that is meant when there is none
    clusters: bool = True  #: whether `-yq` is `-y -q`
    rest: bool = True  #: whether what follows `--` are packages


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_APT = Manager(
    "apt",
    {**_REMOVE, "full-upgrade": "dist-upgrade", "build-dep": "build-dep"},
    "otcaP",
    _names("option target-release default-release config-file host-architecture build-profiles"),
)
_APK = Manager(
    "apk",
    {"add": "install", **_REMOVE},
    "Xpt",
    _names(
        "repository root virtual keys-dir repositories-file cache-dir cache-max-age wait arch"
        " timeout progress-fd"
    ),
    _names("cache"),
)
_YUM = Manager(
    "yum",
    {
        **_REMOVE,
        "in": "install",
        "localinstall": "install",
        "update": "upgrade",
        "up": "upgrade",
        "update-to": "upgrade",
        "upgrade-to": "upgrade",
        "makecache": "update",
        "mc": "update",
        "distro-sync": "dist-upgrade",
        "groupinstall": "group-install",
        "groupremove": "group-remove",
    },
    "xcRde",
    _names(
        "enablerepo disablerepo repo repoid exclude setopt releasever installroot config"
        " downloaddir destdir advisory forcearch color comment randomwait disableplugin"
        " enableplugin debuglevel errorlevel rpmverbosity arch disableexcludes refresh-time"
    ),
    _names("group groups"),
)
_PIP_MANAGER = Manager(
    "pip",
    _REMOVE,
    "rceiftdbC",
    _names(
        "index-url extra-index-url find-links requirement constraint editable target platform"
        " python-version implementation abi root prefix src upgrade-strategy no-binary"
        " only-binary progress-bar root-user-action report config-settings global-option"
        " install-option build-option hash cache-dir timeout default-timeout retries trusted-host"
        " proxy cert client-cert log exists-action python dest build use-feature use-deprecated"
        " keyring-provider resume-retries group build-constraint requirements-from-script"
        " download-cache allow-external spec suffix pip-args index default-index"
    ),
    _names("cache"),
)
_UV = Manager(
    "uv",
    {**_REMOVE, "add": "install", "sync": "install"},
    "prcifPC",
    _names(
        "python index-url extra-index-url index default-index find-links requirements constraints"
        " with with-requirements with-editable extra group no-group only-group package target"
        " prefix link-mode cache-dir directory project config-file resolution prerelease"
        " python-preference upgrade-package no-build-package no-binary-package reinstall-package"
        " keyring-provider index-strategy exclude-newer color allow-insecure-host no-extra"
        " branch tag rev script marker from python-platform python-version"
    ),
    _names("tool python cache self"),
)
_POETRY = Manager(
    "poetry",
    {**_REMOVE, "add": "install", "sync": "install", "update": "upgrade"},
    "CPEG",
    _names("directory project with without only extras group source python platform"),
    _names("self cache"),
)
_NODE_VERBS = {
    **_INSTALL,
    **_REMOVE,
    **dict.fromkeys(("in", "ins", "inst", "isntall"), "install"),
    **dict.fromkeys(("un", "unlink", "r"), "remove"),
    **dict.fromkeys(("clean-install", "ic", "install-clean"), "ci"),
    **dict.fromkeys(("update", "up", "udpate"), "upgrade"),
}
_NPM = Manager(
    "npm",
    _NODE_VERBS,
    "Cw",
    _names(
        "prefix registry cache loglevel tag userconfig globalconfig omit include workspace"
        " fetch-retries fetch-timeout fetch-retry-mintimeout fetch-retry-maxtimeout maxsockets"
        " scope install-strategy cpu os libc before node-options only https-proxy proxy"
    ),
    _names("cache"),
)
_YARN = Manager(
    "yarn",
    _NODE_VERBS,
    "",
    _names(
        "cwd network-timeout network-concurrency registry cache-folder modules-folder mutex"
        " use-yarnrc har global-folder prefix otp child-concurrency preferred-cache-folder"
    ),
    _names("global cache"),
    "install",
)
_PNPM = Manager(
    "pnpm",
    _NODE_VERBS,
    "FC",
    _names("filter dir store-dir reporter registry prefix loglevel global-dir virtual-store-dir"),
    _names("store"),
)
_CONDA = Manager(
    "conda",
    {**_REMOVE, "update": "upgrade", "upgrade": "upgrade", "create": "install"},
    "npcfr",
    _names(
        "name prefix channel file root-prefix repodata-fn solver platform subdir download-threads"
        " revision override-frozen"
    ),
    _names("env"),
)
_MANAGERS: dict[str, Manager] = {
    "apt": _APT,
    "apt-get": _APT,
    "aptitude": _APT,
    "xx-apt": _APT,  # for another platform: github.com/tonistiigi/xx
    "xx-apt-get": _APT,
    "xx-apk": _APK,
    "apk": _APK,
    "yum": _YUM,
    "dnf": _YUM._replace(name="dnf"),
    "dnf5": _YUM._replace(name="dnf"),
    "microdnf": _YUM._replace(name="microdnf"),
    "tdnf": _YUM._replace(name="tdnf"),
    "zypper": Manager(
        "zypper",
        {
            **_REMOVE,
            "in": "install",
            "ref": "update",
            "refresh": "update",
            "up": "upgrade",
            "update": "upgrade",
            "dup": "dist-upgrade",
            "cc": "clean",
            "ar": "addrepo",
            "rr": "removerepo",
        },
        "Rrcpt",
        _names(
            "root repo config reposd-dir cache-dir raw-cache-dir solv-cache-dir pkg-cache-dir"
            " releasever plus-repo type from plus-content installroot gpg-auto-import"
        ),
    ),
    "pipx": _PIP_MANAGER._replace(short="i"),
    "uv": _UV,
    "poetry": _POETRY,
    "npm": _NPM,
    "yarn": _YARN,
    "pnpm": _PNPM,
    "gem": Manager(
        "gem",
        {**_REMOVE, "update": "upgrade", "cleanup": "clean", "i": "install"},
        "vinsPpB",
        _names(
            "version install-dir bindir source trust-policy platform http-proxy build-root"
            " target-rbconfig key config-file"
        ),
        rest=False,
    ),
    "bundle": Manager(
        "bundle",
        {**_REMOVE, "add": "install", "update": "upgrade"},
        "j",
        _names("jobs retry path without with gemfile trust-policy group source version"),
        bare="install",
    ),
    "go": Manager(
        "go",
        {"get": "install"},
        "opC",
        _names(
            "ldflags tags gcflags asmflags modfile installsuffix buildmode compiler gccgoflags"
            " toolexec overlay pkgdir mod pgo exec run"
        ),
        _names("mod work"),
        clusters=False,
    ),
    "cargo": Manager(
        "cargo",
        {**_REMOVE, "update": "upgrade"},
        "FjZCp",
        _names(
            "version vers git branch tag rev path root index registry example features profile"
            " target target-dir jobs message-format color config package manifest-path"
        ),
        rest=False,
    ),
    "composer": Manager(
        "composer",
        {**_REMOVE, "i": "install", "require": "install", "req": "install", "update": "upgrade"},
        "d",
        _names("working-dir repository prefer-install ignore-platform-req"),
        _names("global"),
    ),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
}
#: A cache's `prune` and the like mean one thing: what a download left behind goes.
_CLEANING = frozenset({"clean", "purge", "prune", "autoclean", "rm"})
_CACHES = frozenset({"cache", "store"})


def package_call(command: Command) -> PackageCall | None:
    """The call of a package manager that a command is, None when it is none or asks nothing."""
    name = command.name
    manager = _MANAGERS.get(name)
    args: Sequence[ShellWord] = command.args
    word = command.name_word
    if manager is None:
        plain = name.rstrip(_VERSION)
        if plain in _PYTHONS:
            return _module_call(args)
        if plain != "pip":
            return None
        manager = _PIP_MANAGER
    return _call(manager, args, word)


def _module_call(args: Sequence[ShellWord]) -> PackageCall | None:
    """`python [options] -m pip …`, `-mpip …`."""
    for index, word in enumerate(args):
        value = word.value
        if not value.startswith("-"):
            return None
        if value.startswith("-m"):
            rest = args[index + 1 :]
            module = value[2:]
            if not module:
                module, rest = (rest[0].value, rest[1:]) if rest else ("", rest)
            manager = _PIP_MANAGER if module == "pip" else _MANAGERS.get(module)
            return _call(manager, rest, word) if manager else None
        if value in ("-c", "-"):
            return None
    return None


def _call(
    manager: Manager, args: Sequence[ShellWord], name_word: ShellWord | None
) -> PackageCall | None:
    verb = ""
    group = ""
    verb_word: ShellWord | None = None
    packages: list[ShellWord] = []
    options: list[ShellWord] = []
    at, size = 0, len(args)
    while at < size:
        word = args[at]
        value = word.value
        at += 1
        if value == "--":
            if manager.rest:
                packages += args[at:]
            else:
                options += args[at - 1 :]
            break
        if len(value) > 1 and value[0] == "-":
            options.append(word)
            if at < size and _takes_value(manager, value):
                options.append(args[at])
                at += 1
        elif verb_word is not None:
            packages.append(word)
        elif value in manager.groups and not group:
            group = value
        elif value == "pip" and manager is _UV:
            return _call(_PIP_MANAGER, args[at:], name_word)
        elif not (value.startswith("+") and manager.name == "cargo"):
            verb, verb_word = value, word
    if verb_word is None:
        if not manager.bare or group or name_word is None or _asks_nothing(options):
            return None
        verb, verb_word = manager.bare, name_word
    return PackageCall(
        manager.name,
        _canonical(manager, group, verb),
        verb_word,
        tuple(packages),
        tuple(options),
    )


def _canonical(manager: Manager, group: str, verb: str) -> str:
    if group in _CACHES:
        return "clean" if verb in _CLEANING else f"{group} {verb}"
    canonical = manager.verbs.get(verb, verb)
    if group in ("group", "groups"):
        return f"group-{canonical}"
    if group in ("mod", "work", "self", "python"):
        return f"{group} {verb}"
    return canonical


def _asks_nothing(options: Sequence[ShellWord]) -> bool:
    return any(word.value in ("--version", "-v", "--help", "-h") for word in options)


def _takes_value(manager: Manager, option: str) -> bool:
    """Whether the value of an option is the next word."""
    if option[1] == "-" or not manager.clusters:
        name = option.lstrip("-")
        return name in manager.long or (len(name) == 1 and name in manager.short)
    for place, letter in enumerate(option[1:], 2):
        if letter in manager.short:
            return place == len(option)
    return False
