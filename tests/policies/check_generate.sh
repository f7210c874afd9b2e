#!/bin/sh
# The generated part of Shenyang's policy is what its generator writes, byte for byte.
set -u
cd "$(dirname "$0")/../.." || exit 1
bundle=policies/shenyang

if ! command -v lua5.4 >/dev/null; then
    echo "skipped policies generate: lua5.4 is not installed"
    exit 0
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh/registry"
if ! lua5.4 "$bundle/generate.lua" "$fresh"; then
    echo "not ok policies generate: generate.lua failed"
    exit 1
fi
for name in grid.yaml inventory.yaml registry; do
    if diff -r -x README.md "$fresh/$name" "$bundle/$name" >&2; then
        echo "ok policies generate $name"
    else
        echo "not ok policies generate $name: differs from what generate.lua writes"
    fi
done
