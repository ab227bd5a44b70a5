"""The questions that the catalog's dashboard asks, in SQL that PostgreSQL, MariaDB and SQLite understand.

Grafana replaces `${...}`. The catalog's times are microseconds, Grafana's are milliseconds: three digits more turn the
one into the other, and leave the column bare, so that its index is used.
"""

CAMERA = "TRIM(CONCAT(n.name, ' ', c.view))"
CAMERAS = f"""
SELECT c.id AS __value, {CAMERA} AS __text
FROM cameras c JOIN nodes n ON n.id = c.node_id
ORDER BY 2
"""
# Stands for all cameras: it includes those that come later, and is no empty list where there is none yet.
EVERY_CAMERA = "SELECT id FROM cameras"

OBJECTS_OVER_TIME = """
SELECT (d.time_us - d.time_us % ${__interval_ms}000) / 1000 AS time, o.label AS metric, COUNT(*) AS value
FROM detections d JOIN objects o ON o.id = d.object_id
WHERE d.time_us BETWEEN ${__from}000 AND ${__to}999 AND d.camera_id IN (${camera:csv})
GROUP BY 1, 2
ORDER BY 1, 2
"""
OBJECT_COUNTS = """
SELECT o.label AS label, COUNT(*) AS count
FROM detections d JOIN objects o ON o.id = d.object_id
WHERE d.time_us BETWEEN ${__from}000 AND ${__to}999 AND d.camera_id IN (${camera:csv})
GROUP BY 1
ORDER BY 2 DESC, 1
"""
PLATES = """
SELECT p.text AS plate, p.region AS region, COUNT(*) AS sightings, MAX(s.time_us) / 1000 AS last_seen
FROM plate_sightings s JOIN plates p ON p.id = s.plate_id
WHERE s.time_us BETWEEN ${__from}000 AND ${__to}999 AND s.camera_id IN (${camera:csv})
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
LIMIT 100
"""
STORED = """
SELECT COUNT(*) AS images, SUM(i.bytes) AS bytes
FROM images i
WHERE i.state = 'stored' AND i.camera_id IN (${camera:csv})
"""


def readings(kind: str) -> str:
    """Return the question for the readings of one kind of event, each camera a series."""
    return f"""
SELECT (e.time_us - e.time_us % ${{__interval_ms}}000) / 1000 AS time, {CAMERA} AS metric, AVG(e.value) AS value
FROM events e JOIN cameras c ON c.id = e.camera_id JOIN nodes n ON n.id = c.node_id
WHERE e.kind = '{kind}' AND e.value IS NOT NULL
  AND e.time_us BETWEEN ${{__from}}000 AND ${{__to}}999 AND e.camera_id IN (${{camera:csv}})
GROUP BY 1, 2
ORDER BY 1, 2
"""


def per_day(what: str) -> str:
    """Return the question for what each camera sent on each day: `images` or `events`."""
    return f"""
SELECT d.day AS day, {CAMERA} AS camera, SUM(d.{what}) AS {what}
FROM days d JOIN cameras c ON c.id = d.camera_id JOIN nodes n ON n.id = c.node_id
WHERE d.day BETWEEN '${{__from:date:YYYY-MM-DD}}' AND '${{__to:date:YYYY-MM-DD}}' AND d.camera_id IN (${{camera:csv}})
GROUP BY 1, 2
ORDER BY 1, 2
"""


def current_values(*kinds: str) -> str:
    """Return the question for the last reading of each camera and kind."""
    latest = "UNION ALL".join(map(_latest, kinds))
    return f"""
SELECT latest.camera AS camera, e.kind AS kind, e.value AS value, e.time_us / 1000 AS measured
FROM ({latest}) latest JOIN events e ON e.id = latest.event_id
ORDER BY 1, 2
"""


def _latest(kind: str) -> str:
    """Return a question that looks into an index once for each camera, however many events there are."""
    return f"""
  SELECT {CAMERA} AS camera, (
    SELECT e.id FROM events e
    WHERE e.camera_id = c.id AND e.kind = '{kind}' AND e.value IS NOT NULL
    ORDER BY e.time_us DESC, e.id DESC LIMIT 1
  ) AS event_id
  FROM cameras c JOIN nodes n ON n.id = c.node_id WHERE c.id IN (${{camera:csv}})
"""
