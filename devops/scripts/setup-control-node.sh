#!/bin/sh
# Prepares a Debian machine to be the control node: packages, Ansible, a folder for archives. See sync/README.md.
set -eu

usage() {
    cat <<'END'
usage: setup-control-node.sh [--cache DIR] [--inventory PATH] [PROJECT]

PROJECT is the folder that holds this repository (default: the one this script is in). Run it as the user that deploys:
it asks sudo for missing packages only. DIR is transfer_cache in deployment-config.yaml (default: ~/imagehub-transfer),
PATH the inventory (default: the one that ansible.cfg names). Run it again at any time.
END
}

say() { printf '%s\n' "$*"; }
fail() { say "setup-control-node: $*" >&2; exit 1; }

install_missing() {
    missing=
    command -v git >/dev/null || missing="$missing git"
    command -v ssh >/dev/null || missing="$missing openssh-client"
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    [ "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "this is no Debian; install by hand:$missing"
    say "installing$missing"
    as_root apt-get update -q
    # shellcheck disable=SC2086  # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

list_hosts() { .venv/bin/ansible all ${inventory:+--inventory "$inventory"} --list-hosts | sed '1d; s/^ *//'; }

ping_hosts() { # sets silent to the hosts that don't answer
    silent=
    hosts=$(list_hosts) || fail 'the inventory can not be read; the lines above say why'
    [ "$hosts" ] || say 'the inventory names no host yet'
    for name in $hosts; do
        if said=$(.venv/bin/ansible "$name" ${inventory:+--inventory "$inventory"} -m ping 2>&1 </dev/null); then
            say "$name answers"
        else
            say "$name does not answer: $said"
            silent="$silent $name"
        fi
    done
}

cache=$HOME/imagehub-transfer inventory='' project=$(cd "$(dirname "$0")/../.." && pwd)
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit ;;
        --cache | --inventory)
            [ $# -gt 1 ] || fail "$1 needs a value"
            if [ "$1" = --cache ]; then cache=$2; else inventory=$2; fi
            shift
            ;;
        -*) usage >&2; fail "unknown: $1" ;;
        *) project=$1 ;;
    esac
    shift
done
[ -x "$project/run" ] || fail "no run in $project: clone the repository there first, or name the folder that holds it"
install_missing
mkdir -p "$cache"
chmod 700 "$cache"
say "archives arrive in $cache"
cd "$project"
./run control
ping_hosts
say
if [ "$silent" ]; then
    say "next: give the key of this user to$silent (ssh-copy-id), check inventory/, and run this again"
    exit 1
fi
say 'next:'
say "  on the workstation, in devops/scripts/sync/deployment-config.yaml: control_user: $(id -un)"
say "    control_host: this machine   project_path: $project   transfer_cache: $cache"
say '  once, here:  .venv/bin/ansible-playbook playbooks/deploy-imagehub.yaml'
say '  then, there: python devops/scripts/sync/deploy.py imagehub'
