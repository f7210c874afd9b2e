#!/bin/bash
# usage: bundle.sh FOLDER ENTERPRISES same|distinct PORT: the bundle of policies/ with a registry made for it.
#
# Enterprise K stands by itself a kilometre from the next, has two lines, one outlet with the logger
# 010000A8900016F0 and K in eight digits, an order under orange, and the webhook /hook/K at 127.0.0.1 (same) or at an
# address of its own in 127.0.0.0/8 (distinct).
set -eu
folder=$1 count=$2 hosts=$3 port=$4
rm -rf "$folder"
mkdir -p "$folder/registry"
cp "$(dirname "$0")"/policies/*.yaml "$(dirname "$0")"/policies/*.lua "$folder/"
awk -v count="$count" -v hosts="$hosts" -v port="$port" 'BEGIN {
    for (k = 0; k < count; k++) {
        host = hosts == "same" ? "127.0.0.1" : sprintf("127.%d.%d.%d", 1 + int(k / 62500), int(k / 250) % 250, 1 + k % 250)
        printf "- id: E%05d\n  name: 示例%d号有限公司\n  credit_code: 91210100XXXXXXXXXX\n  district: \"210102\"\n", k, k
        printf "  industry: other\n  emits: [pm, nox]\n  grade: C\n  class: normal\n"
        printf "  lon: %.3f\n  lat: %.3f\n", 123 + k % 100 / 50, 41 + int(k / 100) / 50
        printf "  day: {so2: 0.004, nox: 0.012, pm: 0.008, vocs: 0.008}\n  lines:\n"
        for (l = 1; l <= 2; l++)
            printf "    - {id: L%d, name: %d#生产线, day: {so2: 0.002, nox: 0.006, pm: 0.004, vocs: 0.004}}\n", l, l
        printf "  outlets:\n    - {id: DA001, kind: bench, mn: \"010000A8900016F0%08d\"}\n", k
        printf "  measures:\n    orange: [{do: stop, lines: [L1]}]\n"
        printf "  contacts: [{name: 值班室, phone: \"024-00000000\", webhook: \"http://%s:%s/hook/%d\"}]\n", host, port, k
    }
}' >"$folder/registry/enterprises.yaml"
awk -v count="$count" 'BEGIN {
    print "day:"
    for (split("industry mobile dust other", sector); ++i in sector; )
        printf "  %s: {so2: %.3f, nox: %.3f, pm: %.3f, vocs: %.3f}\n", sector[i], count / 500, count / 150, count / 200, count / 200
}' >"$folder/inventory.yaml"
