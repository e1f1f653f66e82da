"""What an image is for, as far as its Dockerfile tells: a service, a tool, a place to work in.

What is wrong with a service may be right for the others; rules that ask for a user or a health
check find no more than a hint there (`Finding.at_most`).
"""

from __future__ import annotations

import re
from posixpath import basename

from dockgate.rules.subjects.copies import copies
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.users import base_of

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "fish", "ksh", "busybox", "pwsh"})
#: interpreters: alone they wait for somebody to type
TALKERS = frozenset(
    {"R", "ghci", "ipython", "irb", "jshell", "julia", "lua", "node", "php", "psql", "pypy3"}
    | {"powershell", "pwsh", "python", "python3", "redis-cli", "scala", "sqlite3", "swift"}
)
IDLE = (["sleep", "infinity"], ["tail", "-f", "/dev/null"])
INTERACTIVE = frozenset({"-l", "--login", "-i", "-li", "-il", "sh"})
ASKS_FOR_HELP = frozenset({"--help", "-h", "help", "--version", "-v", "version", "--usage"})
#: names of stages that are built for their RUN steps alone and never run
CHECKS = frozenset({"check", "lint", "test", "tests", "validate", "vet", "verify"})

#: what starts another program and gives way to it, or waits for it
WRAPPERS = frozenset(
    {"catatonit", "dumb-init", "env", "exec", "gosu", "nice", "su-exec", "tini", "tini-static"}
    | {"--", "-g", "-s", "/init"}
)
#: programs that wait for requests
PROGRAMS = frozenset(
    {"apache2", "apache2-foreground", "apachectl", "asgi", "bundle", "caddy", "celery", "daphne"}
    | {
        "envoy",
        "flask",
        "gunicorn",
        "haproxy",
        "httpd",
        "httpd-foreground",
        "hypercorn",
        "lighttpd",
    }
    | {"memcached", "mongod", "mysqld", "nginx", "npm", "php-fpm", "pnpm", "postgres", "puma"}
    | {"rackup", "rails", "redis-server", "sshd", "supervisord", "traefik", "uvicorn", "uwsgi"}
    | {"varnishd", "waitress-serve", "yarn"}
)
#: what runs a program of somebody's own
RUNTIMES = frozenset(
    {"bun", "deno", "dotnet", "java", "node", "nodejs", "perl", "php", "pypy", "python", "ruby"}
)
S2I_LABEL = "s2i"  #: in `io.openshift.s2i.scripts-url`, or how the image says it is used

DEV_CONTAINERS = ("mcr.microsoft.com/devcontainers", "mcr.microsoft.com/vscode/devcontainers")
#: images of Docker Hub and others that serve by themselves, with or without EXPOSE of their heirs
SERVERS = (
    *(f"docker.io/library/{name}" for name in (
        "caddy", "cassandra", "couchdb", "elasticsearch", "ghost", "haproxy", "httpd", "influxdb",
        "jetty", "kibana", "mariadb", "memcached", "mongo", "mysql", "nats", "nextcloud", "nginx",
        "postgres", "rabbitmq", "redis", "registry", "solr", "tomcat", "traefik", "varnish",
        "wordpress", "zookeeper",
    )),
    "docker.io/bitnami", "docker.io/nginxinc", "docker.io/grafana", "docker.io/prom",
    "mcr.microsoft.com/dotnet/aspnet", "mcr.microsoft.com/dotnet/core/aspnet",
    "mcr.microsoft.com/mssql", "mcr.microsoft.com/windows/servercore/iis",
    "docker.io/microsoft/iis",
)  # fmt: skip


def is_dev_container(dockerfile: Dockerfile) -> bool:
    """Whether an editor works in it: devcontainer.json, not the Dockerfile, names its user."""
    path = f"/{dockerfile.path}".replace("\\", "/")
    if "/.devcontainer/" in path or path.endswith("/.gitpod.Dockerfile"):
        return True
    stage = dockerfile.final
    return stage is not None and matches_any(base_of(stage), DEV_CONTAINERS)


def only_checks(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether the image is built for what its RUN steps do; nobody starts it.

    The name of the stage, or else that of the file tells: `AS validate`, `lint.Dockerfile`.
    """
    file = dockerfile.path.replace("\\", "/").rpartition("/")[2].lower()
    words = re.split(r"[-_.]", f"{stage.name or ''}-{file}")
    starts = any(i.cmd in ("CMD", "ENTRYPOINT", "EXPOSE") and i.values for i in stage.history())
    return not CHECKS.isdisjoint(words) and not starts


def started(stage: Stage) -> list[str]:
    """The words that a container starts with, ENTRYPOINT's and CMD's; [] where only a base says."""
    last: dict[str, list[str]] = {"ENTRYPOINT": [], "CMD": []}
    for instruction in stage.history():
        if instruction.cmd == "ENTRYPOINT":
            last["CMD"] = []  # a new entry point drops the CMD that was inherited
        if instruction.cmd in last:
            last[instruction.cmd] = " ".join(instruction.values).split()
    return last["ENTRYPOINT"] + last["CMD"]


def exposes(stage: Stage) -> bool:
    """Whether it says that it listens on a port."""
    return any(instruction.cmd == "EXPOSE" for instruction in stage.history())


def is_to_work_in(stage: Stage) -> bool:
    """Whether it starts but a shell or an interpreter, or idles, so that somebody can come in."""
    words = started(stage)
    if not words or words in IDLE:
        return bool(words)
    name, rest = words[0].rpartition("/")[2], words[1:]
    if name in SHELLS:
        return all(word in INTERACTIVE for word in rest)
    return name in TALKERS and all(word.startswith("-") for word in rest)


def is_built_upon(stage: Stage) -> bool:
    """Whether others are made from it: source-to-image builders, and what leaves ONBUILD behind."""
    return any(
        i.cmd == "ONBUILD" or (i.cmd == "LABEL" and S2I_LABEL in i.body.text.lower())
        for i in stage.history()
    )


def may_serve(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether anything tells that it runs on and answers somebody.

    It exposes a port, its base is a known server, or what it starts is one, an interpreter with
    a program, or a program that was copied into it.
    """
    if is_built_upon(stage) or is_to_work_in(stage):
        return False
    if exposes(stage) or matches_any(base_of(stage), SERVERS):
        return True
    words = started(stage)
    while words and (words[0] in WRAPPERS or words[0].startswith("-") or "=" in words[0]):
        words = words[1:]
    if not words or words[-1] in ASKS_FOR_HELP:
        return False
    name = words[0].rpartition("/")[2].removesuffix(".exe")
    if name in SHELLS:
        return len(words) > 1
    if name in PROGRAMS or (name.rstrip("0123456789.") in RUNTIMES and len(words) > 1):
        return True
    shipped = list(stage.chain())
    return any(
        basename(copy.path) == basename(words[0]) and copy.instruction.stage in shipped
        for copy in copies(dockerfile)
    )
