"""The image's last USER is a name."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import created
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import is_root


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the USER in force at the end; the fix takes the id from useradd or adduser."""
    stage = dockerfile.final
    instruction = stage.user_instruction if stage else None
    if stage is None or instruction is None or not instruction.words or stage.windows:
        return
    name = stage.user.partition(":")[0]
    if name.isdecimal() or "$" in name or is_root(stage.user):
        return
    word = instruction.words[0]
    uids = {account.uid for account in created(stage) if account.name == name}
    uid = next(iter(uids)) if len(uids) == 1 else ""
    fixes: tuple[Fix, ...] = ()
    if uid.isdecimal() and word.value == name and not instruction.json:
        fixes = (Fix(f"write {uid}, the id of {name}", (Edit(word.span, uid),), safe=False),)
    yield Finding(
        f"USER {word.value} is a name, of which Kubernetes cannot tell that it is not root",
        word.span,
        stage=instruction.stage,
        help="" if fixes else f"write the id that {name} has in the image",
        fixes=fixes,
    )


RULE = Rule(
    "non-numeric-user",
    Dockerfile,
    Severity.INFO,
    why=(
        "The kubelet does not read /etc/passwd of an image. Where a pod says runAsNonRoot and "
        "the image names its user by a name, the container is not started: 'image has non-numeric "
        "user, cannot verify user is non-root'. A number works everywhere. The rule is off by "
        "default, because outside of Kubernetes, and wherever the pod sets runAsUser itself, a "
        "name is as good and easier to read. The fix is unsafe, because a number with no group "
        "behind it is looked up in /etc/passwd, and that may be another file by then."
    ),
    references=(
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://docs.docker.com/reference/dockerfile/#user",
    ),
    aliases=("DL3066",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nUSER app\n", at=[2]),
        bad("FROM debian:12\nARG U=app\nUSER ${U}:1000\n", at=[3]),
        bad(
            "FROM debian:12\nRUN useradd -u 1001 app\nUSER app\n",
            at=[3],
            fixed="FROM debian:12\nRUN useradd -u 1001 app\nUSER 1001\n",
        ),
        good("FROM debian:12\nUSER app\nRUN true\nUSER 1000\n"),
        good("FROM debian:12\nUSER 1000:app\n"),
        good("FROM debian:12\nUSER root\n"),
        good("FROM debian:12\nARG UID=1000\nUSER ${UID}:${UID}\n"),
    ),
    check=check,
)
