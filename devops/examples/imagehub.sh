#!/bin/sh
# Starts imagehub from its virtual environment, for those who use cron or screen instead of systemd:
#
#   imagehub.sh            with the settings in ~/imagehub.yaml, if there is that file
#   imagehub.sh FOLDER     with the settings in FOLDER/imagehub.yaml
#
# It stays in the foreground until it is told to stop (Ctrl-C, or kill with its process id), so:
#   in a terminal        ./imagehub.sh
#   in screen            screen -dmS imagehub ~/imagehub.sh
#   at boot (crontab -e) @reboot $HOME/imagehub.sh >>$HOME/imagehub.out 2>&1
#
# The virtual environment is ~/imagehub-venv, made with
#   python3 -m venv ~/imagehub-venv && ~/imagehub-venv/bin/pip install imagehub
# or another one that the variable IMAGEHUB_VENV names.
set -eu

venv=${IMAGEHUB_VENV:-$HOME/imagehub-venv}
if [ ! -x "$venv/bin/imagehub" ]; then
    echo "imagehub.sh: no imagehub in $venv: install it there, or set IMAGEHUB_VENV" >&2
    exit 1
fi
exec "$venv/bin/imagehub" run ${1:+--path "$1"}
