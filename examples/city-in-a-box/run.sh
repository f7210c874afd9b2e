#!/bin/sh
# A whole city on one machine: daemon, broker, mail server, monitors, enterprises and people play an episode to its end.
#
#   sh examples/city-in-a-box/run.sh            about 80 seconds
#   QUICK=1 sh examples/city-in-a-box/run.sh    the same with shorter deadlines, under 40 seconds
#
# YUJING names another binary, CITY another folder for what it leaves (build/city).  Missing Debian packages are installed,
# and named; NO_INSTALL=1 says which and ends with 3 instead.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
YUJING=${YUJING:-$root/build/yujing}
CITY=${CITY:-$root/build/city}
export YUJING CITY

if [ ! -x "$YUJING" ]; then
    echo "run.sh: $YUJING is not built yet: run make first" >&2
    exit 2
fi
# The mail server is Debian's, so Python is Debian's too.
missing=
[ -x /usr/bin/python3 ] || missing="$missing python3"
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing="$missing python3-aiosmtpd"
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
command -v mosquitto_sub >/dev/null || missing="$missing mosquitto-clients"
if [ -n "$missing" ]; then
    if [ -n "${NO_INSTALL:-}" ]; then
        echo "run.sh: not installed:$missing" >&2
        exit 3
    fi
    # shellcheck disable=SC2086
    sh "$root/tests/deps.sh" $missing
fi
exec /usr/bin/python3 -B "$here/city.py"
