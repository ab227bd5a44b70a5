# shellcheck shell=sh
# Sourced by ./run: what molecule and podman need on this machine.
PATH="$PWD/.venv/bin:$PATH"
MOLECULE_ENGINE=${MOLECULE_ENGINE:-podman}
ANSIBLE_ROLES_PATH=$PWD/roles
ANSIBLE_CONFIG=$PWD/ansible.cfg
# One connection for a task instead of several.
ANSIBLE_PIPELINING=1
export ANSIBLE_PIPELINING PATH MOLECULE_ENGINE ANSIBLE_ROLES_PATH ANSIBLE_CONFIG
# A log that people read later wants no colours, and no boxes around them.
[ -t 1 ] || export NO_COLOR=1
# Where a folder of certificate authorities was given to this machine, the nodes get it too.
if [ -z "${MOLECULE_CA_DIR:-}" ] && ls /usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
    MOLECULE_CA_DIR=/usr/local/share/ca-certificates
    export MOLECULE_CA_DIR
fi
# Podman's defaults want cgroup v2 and limits that not every build machine may set.
if [ -z "${CONTAINERS_CONF:-}" ] && [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
    CONTAINERS_CONF=$PWD/molecule/images/containers.conf
    export CONTAINERS_CONF
fi
