#!/bin/sh
# scenario.sh NAME: runs one scenario, and prints all it said, whole, with the time that it took.
set -eu
name=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
began=$(date +%s)
status=0
molecule test --scenario-name "$name" >"$log" 2>&1 </dev/null || status=1
if [ $status -eq 0 ]; then result=passed; else result=failed; fi
{
    flock 9
    cat "$log"
    echo "molecule $name $result in $(($(date +%s) - began)) s"
} 9>"${TMPDIR:-/tmp}/imagehub-scenarios.lock" >&2
exit $status
