"""The conductor: it has all cameras of a colony record at once, and brings home what they recorded."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from imagehub.colony import settings as settings_module
from imagehub.colony.agent.shelf import Session as RecordedFiles
from imagehub.colony.conductor import finishing, places, plans, starting
from imagehub.colony.conductor.collecting import Collector
from imagehub.colony.conductor.finishing import Outcome
from imagehub.colony.conductor.gathering import GatheredLog
from imagehub.colony.conductor.link import Link
from imagehub.colony.conductor.remote import Remote, each
from imagehub.colony.conductor.session import OnFailure, Session, Standing, remotes
from imagehub.colony.conductor.watching import Watch
from imagehub.colony.recording.names import STAMP
from imagehub.colony.settings import ColonySettings
from imagehub.errors import ImagehubError
from imagehub.terminal import units

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
NAMED = ("acquisition_group", "acquisition_time")
IGNORED = frozenset(
    {"acquisition_group_divider", "auto_init", "auto_init_remote", "delay_for_networking", "delay_for_remote_instance"}
)
"""What RPi Camera Colony's Conductor took to wait for processes that it started; agents run already."""
FORMER = frozenset({"config_file", "logging_stream_callback", "debug", *NAMED, *IGNORED})


class NotRecordingError(ImagehubError):
    """Something was asked of the conductor that is not for its present state."""


class Conductor:
    """Controls the cameras of one settings file; one thread uses it.

    `acquisition_name` and `max_acquisition_time` (seconds) go before the settings. With `run_for_calibration` cameras
    take two pictures a second, which can be watched. `on_failure` is called, by some thread, with a camera's name and
    why it failed. Further arguments are those of RPi Camera Colony: `config_file` is `settings_file` under its former
    name, `logging_stream_callback` gets each line of the cameras' logs, `acquisition_group` and `acquisition_time` go
    before the settings, `debug` shows all of the logs; those that told how long to wait have no effect.

    Raises:
        SettingsError: the settings file has faults.
        NameRefusedError: a name can't be that of a folder or a file.
    """

    def __init__(
        self,
        settings_file: Path | str | None = None,
        acquisition_name: str | None = None,
        max_acquisition_time: float | None = None,
        run_for_calibration: bool = False,
        on_failure: OnFailure | None = None,
        **former: Any,
    ) -> None:
        for name in former:
            if name not in FORMER:
                raise TypeError(f"Conductor() got an unexpected keyword argument {name!r}")
        path = settings_file or former.get("config_file")
        if not path:
            raise TypeError("Conductor() needs a settings_file")
        self.settings: ColonySettings = settings_module.read(path)
        self._former = former
        self._name = acquisition_name
        self._max_seconds = max_acquisition_time or self.settings.general.max_acquisition_time
        self._calibration = run_for_calibration
        self._on_failure = on_failure
        self._link: Link | None = None
        self._session: Session | None = None
        self._watches: list[Watch] = []
        self._recording = False
        self._stopping: threading.Thread | None = None
        self.active = True
        self._names(datetime.now(UTC).astimezone())

    @property
    def acquiring(self) -> bool:
        """Whether a camera records, as far as is known."""
        if not self._recording or self._session is None:
            return False
        return any(not standing.ended for standing in self._session.good())

    @property
    def session(self) -> Session | None:
        """The recording that is under way, or the last one."""
        return self._session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cleanup()

    def start_acquisition(self) -> None:
        """Have all cameras start to record at one instant; return when they were told, before that instant.

        Raises:
            CameraFailedError: a camera can't and none may be missing, or none can. Then none records.
            ClockRefusedError: clocks are too far apart. Then none records.
        """
        if self._recording:
            raise NotRecordingError("a recording is under way: stop it first")
        if not self._max_seconds:
            raise NotRecordingError("max_acquisition_time is 0: set how many seconds shall be recorded")
        session = self._session = self._new_session()
        try:
            for step in (starting.greet, starting.compare_clocks, starting.arm, starting.start):
                step(session)
        except BaseException as error:
            self._give_up(session, error)
            raise
        self._recording = True
        self._watches = [Watch(session, standing) for standing in session.standings.values() if standing.life]
        for watch in self._watches:
            watch.start()

    def stop_acquisition(self) -> Outcome | None:
        """Have all cameras finish, fetch their files, and write the report; None where nothing was recorded.

        Raises:
            ImagehubError: the report can't be written. What was fetched is there.
        """
        session = self._session
        if not self._recording or session is None:
            log.info("there is no recording to stop")
            return None
        self._recording = False
        if self._stopping is not None:
            self._stopping.join()
        finishing.stop(session)
        for watch in self._watches:
            watch.close()
        try:
            return self._finish(session)
        finally:
            session.log.close()

    def cleanup(self) -> None:
        """Stop what is recorded, and end all connections."""
        try:
            self.stop_acquisition()
        finally:
            self.active = False
            if self._link is not None:
                self._link.close()
                self._link = None

    def states(self) -> dict[str, dict[str, Any]]:
        """Ask all agents how they are; return the fields of their replies, `why` alone for those without."""
        agents = [Remote(camera.name, self._open()) for camera in self.settings.controllers]
        done, failed = each(agents, lambda remote: dict(remote.fields("state", ANSWER_SECONDS)))
        return {agent.name: done.get(agent.name) or {"why": str(failed[agent.name])} for agent in agents}

    def stop_agents(self) -> dict[str, str]:
        """Have all agents finish whatever they record, whoever started it; return what became of each."""
        agents = [Remote(camera.name, self._open()) for camera in self.settings.controllers]
        done, failed = each(agents, _stopped)
        return {agent.name: done.get(agent.name) or str(failed[agent.name]) for agent in agents}

    def collect(self) -> dict[str, str]:
        """Fetch all that cameras have of this acquisition, as after a conductor was lost; return what became of it.

        The files go where they would have gone; `folder` says where.
        """
        chosen, folder = self._names(datetime.now(UTC).astimezone()), self.folder
        data_path = self.settings.general.remote_data_path

        def collect_one(remote: Remote) -> str:
            remote.fields("state", ANSWER_SECONDS)
            session = RecordedFiles(chosen.group, chosen.name, remote.name)
            collector = Collector(remote, session, data_path, folder)
            return units.counted(len(collector.collect(collector.names())), "file")

        agents = [Remote(camera.name, self._open()) for camera in self.settings.controllers]
        done, failed = each(agents, collect_one)
        return {agent.name: done.get(agent.name) or str(failed[agent.name]) for agent in agents}

    @property
    def folder(self) -> Path:
        """Where the first recording of this acquisition is gathered."""
        chosen = self._names(datetime.now(UTC).astimezone())
        return chosen.folder(self.settings.general.session_path)

    def _open(self) -> Link:
        if self._link is None:
            link = Link(places.of(self.settings))
            link.start()
            self._link = link
        return self._link

    def _names(self, now: datetime) -> plans.Acquisition:
        given = {"name": self._name, "group": self._former.get("acquisition_group")}
        return plans.acquisition(self.settings, {**given, "time": self._former.get("acquisition_time")}, now)

    def _new_session(self) -> Session:
        now = datetime.now(UTC).astimezone()
        link, chosen = self._open(), self._names(now)
        folder = _unused(chosen.folder(self.settings.general.session_path), now)
        standings = {
            camera.name: Standing(
                camera.name,
                Remote(camera.name, link),
                plans.plan(self.settings, camera, chosen, self._max_seconds, self._calibration),
                str(camera.values["source"]),
            )
            for camera in self.settings.controllers
        }
        return Session(self.settings, chosen, folder, standings, self._new_log(folder, chosen, now), self._failed)

    def _new_log(self, folder: Path, chosen: plans.Acquisition, now: datetime) -> GatheredLog:
        wanted = self.settings.log
        stamp = now.strftime(STAMP)
        paths = [folder / f"{chosen.name}.{stamp}.log"]
        if wanted.log_to_file:
            paths.append(wanted.log_file.with_name(f"{wanted.log_file.name}.{stamp}.log"))
        level = "DEBUG" if self._former.get("debug") else wanted.level
        return GatheredLog(paths, level, self._show())

    def _show(self) -> Callable[[str], None] | None:
        callback: Callable[[str], None] | None = self._former.get("logging_stream_callback")
        return callback or (log.info if self.settings.log.log_to_console else None)

    def _failed(self, name: str, why: str) -> None:
        log.error("%s failed: %s", name, why)
        if self._on_failure is not None:
            self._on_failure(name, why)
        if self._recording and self.settings.general.on_camera_failure == "stop" and self._stopping is None:
            # Not by this thread, which watches one of the cameras.
            self._stopping = threading.Thread(target=self._stop_others, name="stop all cameras")
            self._stopping.start()

    def _stop_others(self) -> None:
        assert self._session is not None
        finishing.stop(self._session)

    def _give_up(self, session: Session, error: BaseException) -> None:
        """Have no camera record that was told to, after a start that failed."""
        session.log.say("ERROR", f"not started: {error}")
        each(remotes(s for s in session.standings.values() if s.life), lambda remote: remote.fields("stop"))
        session.log.close()

    def _finish(self, session: Session) -> Outcome:
        if not self.settings.general.collect or not any(s.plan.save_data for s in session.standings.values()):
            return finishing.without_audit(session)
        outcome = finishing.audit(session, finishing.collect(session))
        session.log.say("INFO" if outcome.passed else "ERROR", outcome.text.partition("\n")[0])
        return replace(outcome, failures=session.failures())


def _stopped(remote: Remote) -> str:
    remote.fields("state", ANSWER_SECONDS)  # who is not there has no minutes to finish a recording
    return str(remote.fields("stop", finishing.STOP_SECONDS)["state"])


def _unused(folder: Path, now: datetime) -> Path:
    """Return a folder without a recording in it: one of the same name with the time behind it where there is one."""
    from imagehub.colony.synchrony import record

    return folder if not (folder / record.FILE).exists() else folder.with_name(f"{folder.name}.{now.strftime(STAMP)}")
