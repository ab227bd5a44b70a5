"""The systemd unit that runs a node."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from string import Template

from imagehub.node.settings.settings import NodeSettings
from imagehub.quoting import quoted

_UNIT = """\
# imagenode.service: a camera node of imagehub.
#
# To install it by hand, and start it now and at each boot:
#   sudo install -d -o $sh_user $sh_folders
#   $sh_executable unit --path $sh_settings --user $sh_user | sudo tee /etc/systemd/system/imagenode.service
#   sudo systemctl daemon-reload
#   sudo systemctl enable --now imagenode.service

[Unit]
Description=imagenode: send what cameras and sensors see
# Not after network-online.target: what no hub takes yet waits in the spool.
After=network.target time-sync.target
RequiresMountsFor=$settings $folders
StartLimitIntervalSec=0

[Service]
Type=notify
User=$user
ExecStart=$executable run --path $settings
ExecReload=/bin/kill -HUP $$MAINPID
Restart=always
RestartSec=1s
RestartSteps=6
RestartMaxDelaySec=30s
# It says that it is well once a second, and ends by itself where node.stall_watcher is set and a loop stalls.
WatchdogSec=60s
# It may have to finish a recording.
TimeoutStopSec=120s
# It writes in its own folders and nowhere else. Cameras and pins are devices of this machine, so it may see those.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=$folders
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def folders(settings: NodeSettings) -> list[Path]:
    """Return where a node writes."""
    spool = [] if settings.spool.directory is None else [settings.spool.directory]
    return [*spool, settings.runtime_directory, *(one.data_directory for one in settings.recordings)]


def render(executable: Path, settings_path: Path, written: Sequence[Path], user: str) -> str:
    """Return the unit (systemd.service(5); systemd 252 and later) that runs a node as `user`.

    `written` are the folders that it writes in. Raise ImagehubError where a path has a character that units can't have.
    """
    words = {"executable": str(executable), "settings": str(settings_path.resolve()), "user": user}
    values = {name: quoted(word) for name, word in words.items()}
    values |= {f"sh_{name}": shlex.quote(word) for name, word in words.items()}
    paths = [str(path.resolve()) for path in dict.fromkeys(written)]
    values |= {"folders": " ".join(map(quoted, paths)), "sh_folders": shlex.join(paths)}
    return Template(_UNIT).substitute(values)
