#!/bin/sh
# Debian and Ubuntu ship venv apart from Python: fetch it when we may, and say how when we may not.
set -eu
python=$1 folder=$2
rm -rf "$folder"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >/dev/null
  log=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" 2>&1) || { echo "$log" >&2; exit 1; }
  echo "Installed python$version-venv, which Debian ships apart from Python."
  exec "$python" -m venv "$folder"
fi
echo "Python $version has no venv here; install it with: sudo apt-get install python$version-venv" >&2
exit 1
