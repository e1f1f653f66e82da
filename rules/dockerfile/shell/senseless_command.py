"""A command that can do nothing of use in a build."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command

_TERMINAL = frozenset({"vi", "vim", "nano", "emacs", "top", "htop", "less", "more", "screen"})
_HOST = frozenset(
    {"shutdown", "reboot", "halt", "poweroff", "modprobe", "insmod", "rmmod", "swapon", "swapoff"}
    | {"ifconfig", "iptables", "ip6tables", "hostnamectl", "timedatectl", "losetup"}
)
_SERVICE = frozenset({"start", "restart", "stop", "reload"})
#: Options with which a command only says something of itself, or works without a terminal.
_QUIET = ("--version", "-V", "--help", "-b", "-es", "-Es", "+PluginInstall", "--batch", "-c", "-d")


def _reason(instruction: Instruction, command: Command) -> str:
    name = command.name
    args = [word.value for word in command.args]
    if name in _TERMINAL:
        quiet = any(arg.startswith(_QUIET) for arg in args) or command.pipe_from is not None
        return "" if quiet else f"{name} waits for a user, and a build has none"
    if name in _HOST:
        return "" if "--version" in args else f"{name} acts on a host's kernel or network"
    if name in ("mount", "umount") and args and "--version" not in args:
        return f"{name} needs a privilege that a build has not"
    if name == "sysctl" and ("-w" in args or "-p" in args or any("=" in arg for arg in args)):
        return "sysctl sets what belongs to the host's kernel: nothing of it is in the image"
    if name == "systemctl" and args and args[0] in _SERVICE | {"daemon-reload"}:
        return f"systemctl {args[0]} needs systemd running, and no build has it"
    if name == "service" and len(args) > 1 and args[1] in _SERVICE and instruction.script:
        last = [c for c in instruction.script.commands if c.name not in ("", "service", "sleep")]
        if not last or last[-1].span.start < command.span.start:
            return f"service {args[0]} {args[1]} has no effect: processes end with the RUN"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a command of RUN that needs a terminal, a host or a service manager."""
    names = (*sorted(_TERMINAL | _HOST), "mount", "umount", "sysctl", "systemctl", "service")
    for instruction, command in dockerfile.commands(*names):
        if instruction.cmd != "RUN" or instruction.flag("security") is not None:
            continue
        reason = _reason(instruction, command)
        if reason:
            yield Finding(
                reason,
                command.span,
                stage=instruction.stage,
                help="leave it out; what is to run starts with CMD or ENTRYPOINT",
            )


RULE = Rule(
    "senseless-command",
    Dockerfile,
    Severity.INFO,
    why=(
        "A build has no terminal, no service manager and no rights over its host, and every "
        "process ends with its RUN. Editors hang or fail, a service that was started is not "
        "running in the container, mounts and kernel settings are not in the image. Who writes "
        "them expects something that will not happen.\n"
        "Other linters list ssh, ps, kill and free, too; those work, and pass here. So does a "
        "service that the rest of the same RUN talks to."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#run",
        "https://docs.docker.com/engine/containers/multi-service_container/",
    ),
    aliases=("DL3001", "run_utilities_and_posix_commands", "nonsensical-command", "DF060"),
    examples=(
        bad("FROM debian:12\nRUN apt-get update && vim /etc/hosts\n", at=[2]),
        bad("FROM debian:12\nRUN systemctl start nginx\nRUN service nginx start\n", at=[2, 3]),
        bad("FROM debian:12\nRUN sysctl -w vm.max_map_count=262144\n", at=[2]),
        bad("FROM debian:12\nRUN true; \\\n  mount -t nfs h:/ /mnt; shutdown -h now\n", at=[3, 3]),
        good("FROM debian:12\nRUN service mysql start && mysql -e 'CREATE DATABASE a'\n"),
        good("FROM debian:12\nRUN systemctl enable nginx && apt-get install -y vim mount\n"),
        good("FROM debian:12\nRUN vim -es +PlugInstall +qall; ps aux; kill -0 1; ssh -V\n"),
        good("FROM debian:12\nRUN --security=insecure mount -t tmpfs x /mnt\n"),
    ),
    needs=(
        "emacs",
        "halt",
        "hostnamectl",
        "htop",
        "ifconfig",
        "insmod",
        "ip6tables",
        "iptables",
        "less",
        "losetup",
        "modprobe",
        "more",
        "mount",
        "nano",
        "poweroff",
        "reboot",
        "rmmod",
        "screen",
        "service",
        "shutdown",
        "swapoff",
        "swapon",
        "sysctl",
        "systemctl",
        "timedatectl",
        "top",
        "umount",
        "vi",
        "vim",
    ),
    check=check,
)
