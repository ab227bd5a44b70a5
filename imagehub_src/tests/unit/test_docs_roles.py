"""The roles say what they take: README, argument specs and defaults agree, with each other and with the hub."""

import json
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from imagehub import settings, unit
from imagehub.librarian import settings as librarian_settings
from imagehub.node.settings import reading as node_reading

ROOT = Path(__file__).parents[3]
ROLES = ("imagehub", "imagenode", "librarian", "sentinelcam_base")
DATA = "/srv/data"
# The hub's own default is for one machine without a site: a role always says where.
SITE_PATHS = {"data_directory"}
# What the role's units have beside those that `imagehub unit` prints: limits that a site can set, and readable files.
ROLE_ALONE = {"UMask", "MemoryMax", "TasksMax"}
NO_TAGS_OF_THEIR_OWN = {"always", "never"}


def load(*parts: str) -> Any:
    """Return a YAML file of the project."""
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


def defaults(role: str) -> dict[str, Any]:
    """Return the defaults of a role, as they are written."""
    found: dict[str, Any] = load("roles", role, "defaults", "main.yml")
    return found


def options(role: str) -> dict[str, dict[str, Any]]:
    """Return what the argument specs say of each variable, whatever its entry point."""
    points = load("roles", role, "meta", "argument_specs.yml")["argument_specs"].values()
    return {name: option for point in points for name, option in point["options"].items()}


def section(role: str, heading: str) -> str:
    """Return a section of the role's README, with the sections in it."""
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of each table row that begins with a name in code, without the name."""
    found = re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE)
    return {name: [cell.strip() for cell in re.split(r"(?<!\\)\|", cells)] for name, cells in found}


def documented(role: str) -> dict[str, list[str]]:
    """Return the cells of each variable's row: type, default, meaning."""
    return rows(section(role, "Variables"))


def tasks(role: str) -> list[dict[str, Any]]:
    """Return the tasks of a role's table of contents, be they in a block or not."""
    return [inner for task in load("roles", role, "tasks", "main.yml") for inner in task.get("block", [task])]


VARIABLES = [(role, name) for role in ROLES for name in defaults(role)]


@pytest.mark.parametrize("role", ROLES)
def test_specs_and_readme_have_every_variable_and_no_other(role: str) -> None:
    """Whatever can be set is specified and explained, and what is explained can be set."""
    assert set(options(role)) == set(defaults(role))
    assert set(documented(role)) == set(defaults(role))


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_the_default_is_the_same_everywhere(role: str, name: str) -> None:
    """What README and specs show as the default, typed into a file, is the default."""
    default = defaults(role)[name]
    shown = documented(role)[name][1].removeprefix("`").removesuffix("`").replace("\\|", "|")
    assert yaml.safe_load(shown) == default
    assert options(role)[name]["default"] == default


@pytest.mark.parametrize(("role", "name"), VARIABLES)
def test_readme_and_specs_say_the_same(role: str, name: str) -> None:
    """Type and meaning, and the meaning is made of whole sentences."""
    option, (kind, _, meaning) = options(role)[name], documented(role)[name]
    assert meaning == re.sub(r"C\((.*?)\)", r"`\1`", option["description"])
    assert re.fullmatch(r"[A-Z].*\.", option["description"])
    assert kind == (f"list of {option['elements']}" if option["type"] == "list" else option["type"])


def test_what_nodes_alone_need_is_asked_of_nodes_alone() -> None:
    """The entry point `node_keys` has the variables that its tasks use, under the same words as elsewhere."""
    points = load("roles", "imagehub", "meta", "argument_specs.yml")["argument_specs"]
    tasks = (ROOT / "roles" / "imagehub" / "tasks" / "node_keys.yml").read_text(encoding="utf-8")
    assert set(points["node_keys"]["options"]) == set(re.findall(r"\bimagehub_\w+", tasks))
    shared = set(points["node_keys"]["options"]) & set(points["main"]["options"])
    assert all(points["node_keys"]["options"][name] == points["main"]["options"][name] for name in shared)


@pytest.mark.parametrize("role", ROLES)
def test_every_tag_is_explained_and_no_other(role: str) -> None:
    """The table of tags has those of the role's tasks; those of sentinelcam_base are run with the others too."""
    used = {tag for task in tasks(role) for tag in task.get("tags", [])} - NO_TAGS_OF_THEIR_OWN
    if role != "sentinelcam_base":
        used |= set(rows(section("sentinelcam_base", "Tags")))
    assert set(rows(section(role, "Tags"))) == used


@pytest.mark.parametrize("role", ["imagehub", "imagenode", "librarian"])
@pytest.mark.parametrize("tag", ["rollback", "uninstall"])
def test_what_takes_something_away_must_be_asked_for(role: str, tag: str) -> None:
    """No run without that tag goes back or uninstalls, and the README says so."""
    taking = [task for task in tasks(role) if tag in task.get("tags", [])]
    assert taking
    assert all("never" in task["tags"] for task in taking)
    assert "Only when asked for" in rows(section(role, "Tags"))[tag][0]


def environment(role: str) -> jinja2.Environment:
    """Return what renders a role's templates here, with the filters of Ansible that they use."""
    loader = jinja2.FileSystemLoader(ROOT / "roles" / role / "templates", followlinks=True)
    made = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=False)
    made.tests["in"] = lambda value, container: value in container
    made.filters.update(
        combine=lambda first, *others: {key: value for each in (first, *others) for key, value in each.items()},
        to_nice_yaml=lambda value, indent, sort_keys, width: yaml.safe_dump(value, sort_keys=sort_keys),
    )
    made.filters.update(to_json=json.dumps, bool=bool, unique=lambda items: list(dict.fromkeys(items)))
    return made


def rendered(template: str, role: str = "imagehub", **variables: Any) -> str:
    """Return a template of a role, with its defaults but for `variables`."""
    given = defaults(role) | {"ansible_managed": "Ansible managed", "data_directory": DATA} | variables
    return environment(role).get_template(template).render(given)


def test_the_template_has_every_setting_of_the_hub_and_no_other() -> None:
    """A site can set whatever the hub can be told."""
    assert set(yaml.safe_load(rendered("imagehub.yaml.j2"))["hub"]) == set(settings.rules())


@pytest.mark.parametrize("name", sorted(set(settings.rules()) - SITE_PATHS))
def test_a_role_without_variables_gives_the_defaults_of_the_hub(name: str) -> None:
    """Nobody has another hub for having deployed it by the role."""
    text = rendered("imagehub.yaml.j2", data_directory="imagehub_data")
    folder = Path("/home/ops")
    assert getattr(settings.parse(text, folder), name) == getattr(settings.defaults(folder), name)


@pytest.mark.parametrize("name", sorted(settings.rules()))
def test_every_setting_has_a_variable(name: str) -> None:
    """The line of each setting takes its value from the site."""
    text = (ROOT / "roles" / "imagehub" / "templates" / "imagehub.yaml.j2").read_text(encoding="utf-8")
    line = re.search(rf"^  {name}: \{{\{{ (.*) \}}\}}$", text, re.MULTILINE)
    assert line
    assert set(re.findall(r"\w+", line[1])) & set(defaults("imagehub"))


def test_the_librarians_template_has_every_setting_and_no_other() -> None:
    """A site can set whatever the librarian can be told, and without variables it is told its own defaults."""
    text = rendered("librarian.yaml.j2", "librarian")
    given = {f"{name}.{key}" for name, section in yaml.safe_load(text).items() for key in section}
    assert given == set(librarian_settings.rules())
    folder = Path("/home/ops")
    parsed, plain = (librarian_settings.parse(each, folder) for each in (text, "librarian:"))
    assert (parsed.web, parsed.mail, parsed.mqtt, parsed.retention, parsed.log_level) == (
        plain.web, plain.mail, plain.mqtt, plain.retention, plain.log_level,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(librarian_settings.rules()))
def test_every_setting_of_the_librarian_has_a_variable(name: str) -> None:
    """The line of each setting takes its value from the site's variable of that name."""
    section, _, key = name.partition(".")
    text = (ROOT / "roles" / "librarian" / "templates" / "librarian.yaml.j2").read_text(encoding="utf-8")
    part = text.partition(f"\n{section}:\n")[2]
    line = re.search(rf"^  {key}: \{{\{{ (.*) \}}\}}$", part, re.MULTILINE)
    assert line
    variable = f"librarian_{key}" if section == "librarian" else f"librarian_{section}_{key.removesuffix('_file')}"
    assert set(re.findall(r"\w+", line[1])) & {variable, f"{variable}_file"} & set(defaults("librarian"))


def test_the_librarians_sandbox_is_the_hubs() -> None:
    """It is confined as the hub is, but for what it may write and how much it may take."""
    site = {"librarian_hub_directory": DATA, "librarian_data_directory": "/srv/librarian"}
    account = {"sentinelcam_user": "ops", "sentinelcam_group": "ops"}
    ours = directives(rendered("imagehub-librarian.service.j2", "librarian", **site, **account))
    theirs = directives(rendered("_sandbox.j2"))
    assert ("ReadWritePaths", f"{DATA}/images {DATA}/deleted /srv/librarian") in ours
    different = {"ReadWritePaths", "MemoryMax", "TasksMax"}
    begin, end = ours.index(("ProtectSystem", "strict")), ours.index(("WantedBy", "multi-user.target"))
    assert [item for item in ours[begin:end] if item[0] not in different] == [
        item for item in theirs if item[0] not in different
    ]


NODE_SITE: dict[str, Any] = {
    "sentinelcam_user": "ops",
    "sentinelcam_group": "ops",
    "imagenode_install_path": "/home/ops/imagenode",
    "imagenode_spool_directory": "/srv/spool",
    "imagenode_recordings_directory": "/srv/recordings",
    "ansible_facts": {"getent_group": {"video": [], "ops": []}},
}


@pytest.mark.parametrize("template", ["imagenode.service.j2", "colony-agent@.service.j2"])
def test_the_nodes_sandbox_is_the_hubs_but_for_its_devices(template: str) -> None:
    """It may use cameras and pins, of the groups that the node has, and write in its own folders."""
    ours = directives(rendered(template, "imagenode", **NODE_SITE))
    theirs = directives(rendered("_sandbox.j2"))
    begin, end = ours.index(("ProtectSystem", "strict")), ours.index(("WantedBy", "multi-user.target"))
    different = {"ReadWritePaths", "MemoryMax", "TasksMax", "PrivateDevices"}
    assert [item for item in ours[begin:end] if item[0] not in different] == [
        item for item in theirs if item[0] not in different
    ]
    assert ("PrivateDevices", "no") in ours
    assert ("DevicePolicy", "closed") in ours
    assert ("DeviceAllow", "char-video4linux rw") in ours
    assert ("SupplementaryGroups", "video") in ours
    assert {paths for name, paths in ours if name == "ReadWritePaths"} <= {
        "/srv/spool /srv/recordings",
        "/srv/recordings",
    }


def test_the_nodes_settings_are_those_of_the_site(tmp_path: Path) -> None:
    """What a site writes under `imagenode_cameras` and so on is what the node reads."""
    site = NODE_SITE | {
        "imagenode_name": "east",
        "imagenode_hubs": ["tcp://data1:5555", "tcp://data2:5555"],
        "imagenode_node": {"patience": 5, "heartbeat": 10},
        "imagenode_cameras": {"P1": {"viewname": "Yard", "detectors": {"motion": {"ROI": "(0,30),(100,100)"}}}},
        "imagenode_has_keys": False,
    }
    read = node_reading.parse(rendered("imagenode.yaml.j2", "imagenode", **site), tmp_path)
    assert (read.name, read.hubs, read.patience) == ("east", ("tcp://data1:5555", "tcp://data2:5555"), 5)
    assert read.spool.directory == Path("/srv/spool")
    assert [(camera.label, camera.view) for camera in read.cameras] == [("P1", "Yard")]


def directives(text: str) -> list[tuple[str, str]]:
    """Return the directives of a unit, or of a part of one, in their order."""
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("which", ["store", "front"])
def test_the_sandbox_is_that_of_the_hubs_own_units(which: unit.Which) -> None:
    """A deployed hub is confined as one with the units that `imagehub unit` prints, and has limits beside."""
    sandbox = directives(rendered("_sandbox.j2"))
    printed = directives(unit.render(which, Path("/usr/bin/imagehub"), Path("/etc"), Path(DATA), "ops"))
    begin, end = printed.index(("ProtectSystem", "strict")), printed.index(("WantedBy", "multi-user.target"))
    assert [item for item in sandbox if item[0] not in ROLE_ALONE] == printed[begin:end]
    assert {name for name, _ in sandbox} - {name for name, _ in printed} == ROLE_ALONE


@pytest.mark.parametrize("which", ["store", "front"])
def test_the_units_behave_as_the_hubs_own_units(which: unit.Which) -> None:
    """Restarts, watchdog, time limits and weights are those that `imagehub unit` prints."""
    template = "imagehub.service.j2" if which == "store" else "imagehub-front.service.j2"
    site = {"python_executable": "/usr/bin/python3"}
    text = rendered(
        template,
        sentinelcam_services=site,
        sentinelcam_user="ops",
        sentinelcam_group="ops",
        imagehub_systemd_version=254,
    )
    printed = unit.render(which, Path("/usr/bin/imagehub"), Path("/etc"), Path(DATA), "ops")
    paths = {"ExecStart", "RequiresMountsFor", "Environment", "Group"} | ROLE_ALONE
    ours, theirs = ([item for item in directives(each) if item[0] not in paths] for each in (text, printed))
    assert ours == theirs


@pytest.mark.parametrize("folder", ["inventory", "playbooks"])
def test_the_variables_of_groups_are_seen_from_both_sides(folder: str) -> None:
    """Ansible looks beside inventories and playbooks; both lead to the one folder."""
    link = ROOT / folder / "group_vars"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == (ROOT / "group_vars").resolve()
