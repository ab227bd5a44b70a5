"""What is off by default does what it says once it is on."""

import json

import yaml
from nodes import Site, mend_nothing, play
from testinfra.host import Host


def test_every_setting_of_the_hub_is_the_sites(datasink: Host, site: Site) -> None:
    """The hub reads what the variables say."""
    hub = yaml.safe_load(datasink.file(site.config).content_string)["hub"]
    assert hub == {
        "queuemax": 100, "patience": 2.5, "print_settings": True, "data_directory": site.data,
        "max_images_write": 7500, "port": 6655, "bind_address": "*", "durability": "written",
        "subscribe": ["tcp://127.0.0.1:6699"], "publish_port": 6656, "max_message_bytes": 1048576,
        "raw_jpeg_quality": 80, "allow_addresses": ["10.0.0.0/8", "127.0.0.1"],
        "allow_nodes": ["Barn*", "Gate"], "curve_keys_directory": None, "metrics_port": 9105,
        "metrics_address": "127.0.0.1",
        "log_level": "debug", "runtime_directory": "/srv/eye/data/sockets",
    }  # fmt: skip


def test_the_data_is_on_a_disk_of_its_own(datasink: Host, site: Site) -> None:
    """It has a file system, and is mounted at each boot before the hub starts."""
    assert datasink.mount_point(site.data).filesystem == "ext4"
    unit = datasink.check_output(f"systemd-escape --path --suffix=mount {site.data}")
    assert datasink.service(unit).is_enabled
    assert unit in datasink.check_output(f"systemctl show --property Requires {site.service}.service")


def test_a_disk_that_somebody_uses_is_not_overwritten(datasink: Host) -> None:
    """A file system of another type on the device stops the deployment before anything is touched."""
    datasink.check_output("truncate --size=20M /tmp/other && mkfs.ext2 -q -F /tmp/other")
    played = play("--tags", "directories", "--extra-vars", "imagehub_data_device=/tmp/other")
    assert played.status != 0
    assert "has a file system of type ext2" in played.output
    assert datasink.check_output("blkid --probe --output value --match-tag TYPE /tmp/other") == "ext2"


def test_metrics_are_served_on_this_machine(datasink: Host) -> None:
    """Prometheus text at the port that the site chose."""
    assert "imagehub_images_received_total" in datasink.check_output(
        "curl --silent --fail http://127.0.0.1:9105/metrics"
    )


def test_a_node_that_is_not_on_the_list_is_refused(datasink: Host, site: Site) -> None:
    """The list of nodes is the hub's to keep."""
    datasink.check_output("printf '\\377\\330x' > /tmp/stranger.jpg")
    sent = datasink.run(
        f"{site.service} send --hub tcp://127.0.0.1:{site.port} --node Stranger --give-up 5 /tmp/stranger.jpg"
    )
    assert sent.rc != 0
    assert "allow_nodes" in sent.stdout + sent.stderr


def test_the_purge_runs_by_the_clock_and_within_its_sandbox(datasink: Host, site: Site) -> None:
    """The timer is set, and the service that it starts goes through."""
    assert datasink.service(f"{site.service}-purge.timer").is_enabled
    assert datasink.service(f"{site.service}-purge.timer").is_running
    datasink.check_output(f"systemctl start {site.service}-purge.service")
    assert "04:00:00" in datasink.check_output(f"systemctl cat {site.service}-purge.timer")


def test_a_failure_runs_the_sites_hook(datasink: Host, site: Site) -> None:
    """Each time that the store fails, whether or not systemd starts it again."""
    datasink.check_output("rm -f /run/eye-failed")
    datasink.check_output(f"systemctl kill --signal=SIGABRT {site.service}.service")
    datasink.check_output(f"{site.service} probe --seconds 20")
    datasink.check_output("timeout 10 sh -c 'until [ -e /run/eye-failed ]; do :; done'")


def test_limits_and_retention_are_set(datasink: Host, site: Site) -> None:
    """As text: containers don't enforce them."""
    shown = datasink.check_output(f"systemctl show --property MemoryMax,TasksMax {site.service}.service")
    assert shown.splitlines() == ["MemoryMax=536870912", "TasksMax=40"]
    assert "MaxRetentionSec=14day" in datasink.file(f"/etc/systemd/journald.conf.d/{site.service}.conf").content_string


def test_the_status_says_how_durable(datasink: Host, site: Site) -> None:
    """What the site chose is what runs."""
    assert json.loads(datasink.check_output(f"{site.service} status --json"))["durability"] == "written"


def test_what_is_switched_off_again_is_gone(datasink: Host, site: Site) -> None:
    """Without the variables there is no timer left, and a second run changes nothing."""
    off = ["--extra-vars", json.dumps({"imagehub_keep_days": 0, "imagehub_keep_free": "", "imagehub_max_bytes": ""})]
    assert play("--tags", "service", *off).status == 0
    assert not datasink.file(f"/etc/systemd/system/{site.service}-purge.timer").exists
    mend_nothing(play("--tags", "service", *off))
    assert play("--tags", "service").status == 0
