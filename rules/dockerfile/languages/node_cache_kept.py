"""npm's, yarn's or pnpm's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._kept import left_behind
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import NPM, PNPM, YARN
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first install of a RUN that ships after which the cache is not emptied."""
    verbs = ("install", "ci")
    yield from left_behind(dockerfile, YARN, "yarn cache clean", verbs=verbs)
    yield from left_behind(dockerfile, NPM, "npm cache clean --force", verbs=verbs)
    yield from left_behind(dockerfile, PNPM, "pnpm store prune", verbs=verbs)


RULE = Rule(
    "node-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "npm, yarn and pnpm keep every archive that they download (~/.npm, "
        "/usr/local/share/.cache/yarn, the pnpm store), so that the layer holds each package "
        "twice: often more than the program itself. Nothing in the running image reads them. "
        "Emptying the cache in a later RUN hides the files and saves nothing; a cache mount keeps "
        "them out of the image and still speeds up the next build. Builder stages do not count."
    ),
    references=(
        "https://docs.docker.com/build/cache/optimize/#use-cache-mounts",
        "https://docs.npmjs.com/cli/commands/npm-cache",
    ),
    aliases=("DL3060", "DF055"),
    examples=(
        bad(
            "FROM node:22\nRUN yarn install --frozen-lockfile\n",
            at=[2],
            fixed="FROM node:22\nRUN yarn install --frozen-lockfile && yarn cache clean\n",
        ),
        bad(
            "FROM node:22\nRUN npm ci --omit=dev\nRUN npm cache clean --force\n",
            at=[2],
            fixed=(
                "FROM node:22\nRUN npm ci --omit=dev && npm cache clean --force\n"
                "RUN npm cache clean --force\n"
            ),
        ),
        bad(
            "FROM node:22\nRUN yarn\n", at=[2], fixed="FROM node:22\nRUN yarn && yarn cache clean\n"
        ),
        good("FROM node:22\nRUN yarn install && yarn cache clean\n"),
        good("FROM node:22\nRUN npm ci && npm cache clean --force && rm -rf ~/.npm\n"),
        good("FROM node:22\nRUN npm i -g --cache /tmp/c x@1 && rm -rf /tmp/c\n"),
        good("FROM node:22\nRUN npm install -g x@1 && rm -rf /root/.npm /tmp/*\n"),
        good("FROM node:22\nRUN --mount=type=cache,target=/root/.npm npm ci\n"),
        good("FROM node:22 AS b\nRUN npm ci\nFROM scratch\nCOPY --from=b /a /\n"),
        good("FROM node:22\nRUN yarn build && npm run install:all && npm test\n"),
    ),
    needs=("npm", "pnpm", "yarn"),
    check=check,
)
