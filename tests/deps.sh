#!/bin/sh
# Installs the Debian packages named that are not installed yet; silent when all are.  A name with a ? is
# skipped where the distribution does not know it.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: please see to these yourself: $*" >&2
    exit 0
fi
missing=
for package in "$@"; do
    if [ "$package" != "${package%\?}" ]; then
        package=${package%\?}
        apt-cache show "$package" >/dev/null 2>&1 || continue
    fi
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "missing packages:$missing" >&2
        echo "as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi
echo "installing missing packages:$missing" >&2
$as_root apt-get update -q >&2
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing >&2
