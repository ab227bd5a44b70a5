"""The systemd units that run a hub: one for the front, which has the sockets, one for the store process."""

import shlex
from pathlib import Path
from string import Template
from typing import Literal

from imagehub.quoting import quoted

Which = Literal["store", "front"]

_STORE = """\
# imagehub.service: the store process of imagehub, which has the settings, the files and the replies.
# Senders stay connected while it is restarted: imagehub-front.service has their sockets and requests.
$install
[Unit]
Description=imagehub: store images and events
Wants=imagehub-front.service
After=imagehub-front.service
RequiresMountsFor=$data $settings
StartLimitIntervalSec=0

[Service]
Type=notify
User=$user
ExecStart=$executable run --only store --path $settings
ExecReload=/bin/kill -HUP $$MAINPID
# It never gives up, and senders wait meanwhile. Before systemd 254 it does not wait longer each time.
Restart=always
RestartSec=100ms
RestartSteps=6
RestartMaxDelaySec=5s
# It says that it is well once a second, unless the disk has not answered for half a minute.
WatchdogSec=30s
# After a crash it looks at files before it is ready; before it stops it waits for the disk.
TimeoutStartSec=infinity
TimeoutStopSec=60s
"""

_FRONT = """\
# imagehub-front.service: the front of imagehub, which has the sockets of all senders and their requests.
# Restarting imagehub.service leaves senders connected. Restart this one only to upgrade it: what waits for a
# reply then is answered NOT STORED.
$install
[Unit]
Description=imagehub: keep senders connected
After=network.target
RequiresMountsFor=$data $settings
StartLimitIntervalSec=0

[Service]
Type=notify
User=$user
ExecStart=$executable run --only front --path $settings
Restart=always
RestartSec=100ms
RestartSteps=6
RestartMaxDelaySec=5s
TimeoutStopSec=10s
# A descriptor for each sender.
LimitNOFILE=65536
# The requests that it holds are nowhere else.
OOMScoreAdjust=-500
"""

_INSTALL = """\
#
# To install both units by hand, and start them now and at each boot:
#   cd /etc/systemd/system
#   sudo install -d -o $sh_user $sh_data
#   $sh_executable unit front --path $sh_settings --user $sh_user | sudo tee imagehub-front.service
#   $sh_executable unit store --path $sh_settings --user $sh_user | sudo tee imagehub.service
#   sudo systemctl daemon-reload
#   sudo systemctl enable --now imagehub-front.service imagehub.service
"""

_SANDBOX = """\
# It writes in its data directory and nowhere else, and can do nothing but that.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=$data
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# ZeroMQ lists the network interfaces, over netlink, when it binds to an address.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Not @resources too: ZeroMQ sets the scheduling of its threads, and aborts where it may not.
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def render(which: Which, executable: Path, settings_dir: Path, data_directory: Path, user: str) -> str:
    """Return the unit (systemd.service(5); systemd 252 and later) that runs one process of the hub as `user`.

    Raises:
        ImagehubError: a path has a character that units can't have.
    """
    paths = {"executable": executable, "settings": settings_dir, "data": data_directory}
    words = {name: str(path.resolve()) for name, path in paths.items()} | {"user": user}
    values = {name: quoted(word) for name, word in words.items()}
    values |= {f"sh_{name}": shlex.quote(word) for name, word in words.items()}
    values["install"] = Template(_INSTALL).substitute(values)
    return Template((_STORE if which == "store" else _FRONT) + _SANDBOX).substitute(values)
