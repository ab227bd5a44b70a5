"""What a change of state is called."""

from imagehub.node.detectors.detector import Change, change_text
from imagehub.node.detectors.making import detector
from imagehub.node.settings.settings import Look, MotionSettings

MOVES = Change("moving", "still")


def test_an_event_names_camera_type_and_state() -> None:
    """As imagenode writes it."""
    watching = detector(MotionSettings(Look(roi_name="Street")), (64, 48))
    assert change_text("StreetView RPiCam6", watching, MOVES) == "StreetView RPiCam6|motion|moving"


def test_the_regions_name_is_added_where_it_is_asked_for() -> None:
    """The example of imagenode's manual."""
    watching = detector(MotionSettings(Look(roi_name="FrontDoor", log_roi_name=True)), (64, 48))
    assert change_text("StreetView RPiCam6", watching, MOVES) == "StreetView RPiCam6|motion|moving|FrontDoor"
