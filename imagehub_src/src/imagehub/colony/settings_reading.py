"""Reading a settings file of the colony: its sections and keys as checked values, or all faults with their lines."""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from imagehub.colony import names
from imagehub.colony import settings_rules as rules
from imagehub.colony.settings import ColonySettings, Control, Controller, General, Log
from imagehub.errors import MissingExtraError, SettingsError

MAX_SHOWN = 60
MAX_BYTES = 1 << 20
ANY = "controllers"


def text_of(path: Path) -> str:
    """Return the text of a settings file; raise SettingsError where it can't be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError([f"{path}: this is no settings file: it has more than {MAX_BYTES} bytes"])
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8"]) from error


def parse(text: str, path: Path) -> ColonySettings:
    """Return the settings in the text of the file at `path`; relative paths count from its folder.

    Raises:
        SettingsError: with all faults.
    """
    reading = _Reading(text, path)
    return reading.settings()


class _Reading:
    """One file on its way to being settings; faults are collected."""

    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._found: list[tuple[int, str]] = []
        self._root = self._compose()

    def settings(self) -> ColonySettings:
        self._check_sections()
        plain = {name: self._section(name) for name in rules.SECTIONS}
        general = self._values("general", rules.GENERAL, plain["general"])
        cameras = self._cameras(plain["general"], general)
        values = {name: self._values(name, rules.SECTIONS[name], plain[name]) for name in ("log", "control")}
        self._check_names(general)
        self._check_places(cameras, values["control"]["port"])
        self._raise_any()
        return ColonySettings(
            self._path.absolute(),
            General(**general | {"session_path": self._absolute(general["session_path"])}),
            Log(**values["log"] | {"log_file": self._absolute(values["log"]["log_file"])}),
            Control(
                **values["control"] | {"keys_directory": self._absolute_or_none(values["control"]["keys_directory"])}
            ),
            cameras,
        )

    def _compose(self) -> Mapping[str, Any]:
        """Return the sections with their values as typed, in whatever quotes they have."""
        try:
            from configobj import ConfigObj
        except ImportError as error:
            raise MissingExtraError("Reading the settings of a colony", "colony") from error
        try:
            # Values stay as they were typed: examples have 640x480 and addresses without quotes.
            root = ConfigObj(self._lines, list_values=False, interpolation=False, raise_errors=False)
        except SyntaxError as error:
            faults = getattr(error, "errors", None) or [error]
            raise SettingsError([self._not_ini(fault) for fault in faults]) from error
        return dict(root)

    def _not_ini(self, fault: Any) -> str:
        line = getattr(fault, "line_number", 1) or 1
        what = str(fault).partition(" at line")[0].rstrip(".")
        return f"{self._path}:{line}: {what}; expected [section], [[camera]] or key = value"

    def _section(self, name: str) -> dict[str, str]:
        found = self._root.get(name, {})
        if not isinstance(found, Mapping):
            self._fault((name,), None, f"{name}: expected a section [{name}], got a value")
            return {}
        return {key: value for key, value in found.items() if self._is_value((name,), key, value)}

    def _is_value(self, section: tuple[str, ...], key: str, value: object) -> bool:
        if isinstance(value, str):
            return True
        self._fault((*section, key), None, f"{_shown(section)} [[{key}]]: there is no such section")
        return False

    def _check_sections(self) -> None:
        known = [*rules.SECTIONS, ANY]
        for name in self._root:
            if name not in known:
                self._fault((name,), None, f"[{name}]: unknown section{_near(name, known)}")

    def _values(
        self, section: str, known: Mapping[str, rules.Rule], given: Mapping[str, str], also: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return all keys of a top section; those of `given` that it has not are faults, unless `also` has them."""
        patched = self._patched(given) if section == "general" else set(also)
        for key in given:
            if key not in known and key not in patched:
                self._fault((section,), key, f"[{section}] {key}: unknown key{_near(key, known)}")
        return {
            key: self._value((section,), key, rule, given[key]) if key in given else rule.default
            for key, rule in known.items()
        }

    def _patched(self, given: Mapping[str, str]) -> set[str]:
        """Return the keys of cameras that [general] may have, because it lists them for all cameras."""
        listed = given.get("general_settings_to_patch_into_controller", "")
        try:
            return set(rules.GENERAL["general_settings_to_patch_into_controller"].value.read(listed)) & set(
                rules.CAMERA
            )
        except ValueError:
            return set()

    def _value(self, section: tuple[str, ...], key: str, rule: rules.Rule, text: str) -> Any:
        try:
            return rule.value.read(text)
        except (ValueError, TypeError):
            shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
            self._fault(
                section, key, f"{_shown(section)} {key}: expected {rule.value.expected}, got {shown or 'nothing'}"
            )
            return rule.default

    def _cameras(self, given: Mapping[str, str], general: Mapping[str, Any]) -> tuple[Controller, ...]:
        found = self._root.get(ANY, {})
        if not isinstance(found, Mapping) or not found:
            self._fault((ANY,), None, "[controllers]: no camera; add a section [[name]] with its address for each")
            return ()
        patch = self._patch(given, general)
        return tuple(self._camera(name, values, patch) for name, values in found.items())

    def _patch(self, given: Mapping[str, str], general: Mapping[str, Any]) -> dict[str, Any]:
        """Return what [general] replaces in each camera."""
        if not general["general_setting_has_priority"]:
            return {}
        key_of_list = "general_settings_to_patch_into_controller"
        patch: dict[str, Any] = {}
        for key in general[key_of_list]:
            if key in general:
                patch[key] = general[key]
            elif key in rules.CAMERA and key in given:
                patch[key] = self._value(("general",), key, rules.CAMERA[key], given[key])
            else:
                self._fault(("general",), key_of_list, f"[general] {key_of_list}: there is no {key} in [general]")
        return patch

    def _camera(self, name: str, given: object, patch: Mapping[str, Any]) -> Controller:
        section = (ANY, name)
        line = self._line(section, None)
        if not isinstance(given, Mapping):
            self._fault((ANY,), name, f"[controllers] {name}: expected a section [[{name}]], got a value")
            return Controller(name, {**self._keys_of_camera(section, {}), **patch}, line)
        try:
            names.instance(name)
        except names.NameRefusedError as error:
            self._fault(section, None, f"{_shown(section)}: {error}")
        return Controller(name, {**self._keys_of_camera(section, given), **patch}, line)

    def _keys_of_camera(self, section: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
        values = {key: rule.default for key, rule in rules.CONTROLLER.items()}
        for typed, text in given.items():
            key = rules.ALIASES.get(typed, typed)
            if not self._is_value(section, typed, text):
                continue
            if key in rules.CAMERA:
                values[key] = self._value(section, typed, rules.CAMERA[key], text)
            else:
                self._fault(section, typed, f"{_shown(section)} {typed}: unknown key{_near(typed, rules.CAMERA)}")
        return values

    def _check_names(self, general: Mapping[str, Any]) -> None:
        for key, check in (("acquisition_name", names.acquisition), ("acquisition_group", names.group)):
            try:
                check(general[key])
            except names.NameRefusedError as error:
                self._fault(("general",), key, f"[general] {key}: {error}")

    def _check_places(self, cameras: Iterable[Controller], port: int) -> None:
        """Two cameras can't have one agent."""
        taken: dict[tuple[str, int], str] = {}
        for camera in cameras:
            place = (camera.address, camera.values["control_port"] or port)
            first = taken.setdefault(place, camera.name)
            if first != camera.name and camera.address:
                text = f"{place[0]}:{place[1]} is {first}'s already; give one of them another control_port"
                self._fault((ANY, camera.name), "address", f"[controllers] [[{camera.name}]] address: {text}")

    def _absolute(self, text: Any) -> Path:
        return self._path.absolute().parent / Path(text).expanduser()

    def _absolute_or_none(self, text: Any) -> Path | None:
        return None if text is None else self._absolute(text)

    def _fault(self, section: tuple[str, ...], key: str | None, text: str) -> None:
        self._found.append((self._line(section, key), text))

    def _raise_any(self) -> None:
        if self._found:
            raise SettingsError([f"{self._path}:{line}: {text}" for line, text in sorted(self._found)])

    def _line(self, section: tuple[str, ...], key: str | None) -> int:
        """Return where a key or a section stands, 1 where it does not."""
        at: list[str] = []
        best = 1
        for number, line in enumerate(self._lines, start=1):
            header = re.match(r"\s*(\[+)\s*(.*?)\s*\]+", line)
            if header:
                at = [*at[: len(header[1]) - 1], header[2].strip("'\"")]
                best = number if tuple(at) == section else best
            elif key is not None and tuple(at) == section and re.match(rf"\s*['\"]?{re.escape(key)}['\"]?\s*=", line):
                return number
        return best


def _shown(section: tuple[str, ...]) -> str:
    return " ".join("[" * depth + name + "]" * depth for depth, name in enumerate(section, start=1))


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
