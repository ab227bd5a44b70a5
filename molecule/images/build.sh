#!/bin/sh
# The images of molecule's nodes, built from nothing but this machine's Debian mirror, once: kept by podman, and the bases
# as tar files in MOLECULE_CACHE. With MOLECULE_BASE set (debian:%s-slim, say) they are built on a public image instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
engine=${MOLECULE_ENGINE:-podman}
cache=${MOLECULE_CACHE:-$here/../../.cache/images}
content=$(cksum <"$here/Containerfile" | cut -d ' ' -f 1)

for suite in bookworm trixie; do
    image=localhost/imagehub-node:$suite-$content
    if "$engine" image inspect "$image" >/dev/null 2>&1; then
        "$engine" tag "$image" "localhost/imagehub-node:$suite"
        continue
    fi
    if [ "${MOLECULE_BASE:-}" ]; then
        # shellcheck disable=SC2059  # the variable is a format
        base=$(printf "$MOLECULE_BASE" "$suite")
    else
        base=localhost/imagehub-base:$suite
        if ! "$engine" image inspect "$base" >/dev/null 2>&1; then
            mkdir -p "$cache"
            if [ ! -s "$cache/$suite.tar" ]; then
                mmdebstrap --quiet --format=tar --variant=minbase --include=ca-certificates "$suite" "$cache/$suite.part"
                mv "$cache/$suite.part" "$cache/$suite.tar"
            fi
            "$engine" import --quiet "$cache/$suite.tar" "$base"
        fi
    fi
    "$engine" build --quiet --network host --build-arg "BASE=$base" --tag "$image" "$here"
    "$engine" tag "$image" "localhost/imagehub-node:$suite"
done
