#!/bin/sh
# Makes the virtual environment: tests/venv.sh PYTHON FOLDER. A Debian without python3-venv gets it.
set -eu
python=$1 folder=$2
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "dockgate needs Python 3.11 or newer: install it, or name it with make PYTHON=…" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
  else
    echo "this Python has no venv module: install it first (Debian: apt-get install python3-venv)" >&2
    exit 1
  fi
fi
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --editable . --group dev
