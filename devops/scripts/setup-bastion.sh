#!/bin/sh
# Makes an account on a bastion that can do one thing: let ssh through to the control node. See sync/README.md.
set -eu

usage() {
    cat <<'END'
usage: setup-bastion.sh --control HOST --key FILE [--port 22] [--account jump] [--dry-run]

Lets the public keys in FILE (one a line, as in ~/.ssh/id_ed25519.pub) jump to port 22 of HOST, and nowhere else: no
shell, no terminal, no other host. Run it again to let in more keys. --dry-run shows what would be done; the rest needs
root.
END
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup-bastion: $*"; exit 1; }

run() { # run COMMAND...: or show it
    if [ "$dry" ]; then printf 'would run: %s\n' "$*"; else "$@"; fi
}

check_keys() { # every line is a public key, without options of its own
    [ -r "$keys" ] || fail "can't read $keys: name a file of public keys, like ~/.ssh/id_ed25519.pub"
    ! grep -q 'PRIVATE KEY' "$keys" ||
        fail "$keys is a private key: name the public one, $keys.pub"
    [ "$(key_lines | wc -l)" -gt 0 ] || fail "$keys holds no public key"
    ! key_lines | grep -qvE '^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^"]*)?$' ||
        fail "$keys has a line that is no public key; each begins like 'ssh-ed25519 AAAA...'"
}

key_lines() { grep -vE '^[[:space:]]*(#|$)' "$keys" || true; }

authorised() { # the lines for authorized_keys
    key_lines | while IFS= read -r line; do
        printf 'restrict,port-forwarding,permitopen="%s:%s" %s\n' "$host" "$port" "$line"
    done
}

make_account() {
    nologin=$(command -v nologin || echo /usr/sbin/nologin)
    if id "$account" >/dev/null 2>&1; then
        [ "$(id -u "$account")" -ne 0 ] || fail "$account is an administrator: name an account for jumping only"
        shell=$(getent passwd "$account" | cut -d: -f7)
        case $shell in
            */nologin | */false) ;;
            *) fail "the account $account is in use, with the shell $shell: choose another --account" ;;
        esac
    else
        run useradd --create-home --shell "$nologin" "$account"
        # no password fits, and yet sshd does not take the account for a locked one
        run usermod --password '*' "$account"
    fi
}

write_keys() { # the lines of other keys stay; the files belong to root, so that the account can't change them
    home=$(getent passwd "$account" | cut -d: -f6)
    install -d -o root -g root -m 755 "$home" "$home/.ssh"
    touch "$home/.ssh/authorized_keys"
    new=$home/.ssh/authorized_keys.new
    key_lines | awk '{ print $2 }' >"$new.keys"
    { grep -vFf "$new.keys" "$home/.ssh/authorized_keys" || true; authorised; } >"$new"
    rm "$new.keys"
    chmod 644 "$new"
    mv "$new" "$home/.ssh/authorized_keys"
}

check_server() {
    setting=$({ sshd -T -C "user=$account,host=localhost,addr=127.0.0.1" 2>/dev/null || true; } |
        sed -n 's/^allowtcpforwarding //p')
    case $setting in
        yes | local | all | '') ;;
        *) say "setup-bastion: set AllowTcpForwarding to local for $account in /etc/ssh/sshd_config; it is $setting" ;;
    esac
}

control='' keys='' port=22 account=jump dry=''
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry=yes ;;
        -h | --help) usage; exit ;;
        --control | --key | --port | --account)
            [ $# -gt 1 ] || fail "$1 needs a value"
            case $1 in
                --control) control=$2 ;;
                --key) keys=$2 ;;
                --port) port=$2 ;;
                --account) account=$2 ;;
            esac
            shift
            ;;
        *) usage >&2; fail "unknown: $1" ;;
    esac
    shift
done
[ "$control" ] && [ "$keys" ] || { usage >&2; fail 'needs --control and --key'; }
case $control in *[!A-Za-z0-9.:_-]*) fail "$control is no host name or address" ;; esac
case $port in *[!0-9]* | '') fail "$port is no port" ;; esac
case $account in *[!a-z0-9_-]* | -* | '') fail "$account is no name for an account" ;; esac
case $control in *:*) host="[$control]" ;; *) host=$control ;; esac
check_keys
[ "$dry" ] || [ "$(id -u)" -eq 0 ] || fail 'needs root: run it with sudo, or with --dry-run to see what it would do'
make_account
if [ "$dry" ]; then
    say "would write for $account, as ~$account/.ssh/authorized_keys:"
    authorised
    exit
fi
PATH=$PATH:/usr/sbin:/sbin
write_keys
check_server
say "done: in deployment-config.yaml on the workstation, set bastion_user: $account and bastion_host to this machine"
