"""what workers find in images: models, tracks, regions, plates that users know, and the queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
    # Nobody worked on jobs yet, so there are none.
    op.drop_table("jobs")
    op.create_table(
        "jobs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="number of the row",
        ),
        sa.Column(
            "kind", sa.String(length=20), nullable=False, comment="what is to be done: `objects`, `plates` or `votes`"
        ),
        sa.Column(
            "image_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the image to work on",
        ),
        sa.Column(
            "priority",
            sa.Integer(),
            nullable=False,
            comment="the higher, the earlier: 3 somebody waits, 2 event, 1 no event, 0 looked at again",
        ),
        sa.Column(
            "time_us",
            sa.BigInteger(),
            nullable=False,
            comment="time of the image: the newest goes first, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="`waiting`, `running`, or `dead`: it was tried too often, or can never be done",
        ),
        sa.Column(
            "due_us",
            sa.BigInteger(),
            nullable=False,
            comment="waiting: when to try; running: when its worker loses it, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was begun"),
        sa.Column(
            "worker", sa.String(length=100), nullable=False, comment="who works on it, or did last; empty: nobody yet"
        ),
        sa.Column(
            "error", sa.String(length=1000), nullable=False, comment="why the last try failed; empty: it did not"
        ),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_jobs_image_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("image_id", "kind", name=op.f("uq_jobs_image_id_kind")),
        comment="work on images that waits for a worker; what is done has no row",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_index(op.f("ix_jobs_state_due_us"), "jobs", ["state", "due_us"], unique=False)
    op.create_index(op.f("ix_jobs_state_priority_time_us"), "jobs", ["state", "priority", "time_us"], unique=False)
    op.create_table(
        "models",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="number of the row",
        ),
        sa.Column("name", sa.String(length=100), nullable=False, comment="name of the model, such as `coco-ssd`"),
        sa.Column("version", sa.String(length=100), nullable=False, comment="its version"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of its file, as hexadecimal digits; empty: it is not ours to read",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("name", "version", "digest", name=op.f("uq_models_name_version_digest")),
        comment="what looked into images: a detector or a reader of plates, in one version",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "quotas",
        sa.Column("service", sa.String(length=100), nullable=False, comment="name of the service"),
        sa.Column("month", sa.String(length=7), nullable=False, comment="month in UTC, as 2026-11"),
        sa.Column("calls", sa.Integer(), nullable=False, comment="calls that were made, by our count"),
        sa.Column(
            "allowed",
            sa.Integer(),
            nullable=True,
            comment="calls that the service says are allowed; null: it did not say",
        ),
        sa.PrimaryKeyConstraint("service", "month", name=op.f("pk_quotas")),
        comment="calls of services that allow so many a month",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "work",
        sa.Column(
            "minute", sa.BigInteger(), autoincrement=False, nullable=False, comment="minutes since 1970-01-01 UTC"
        ),
        sa.Column("worker", sa.String(length=100), nullable=False, comment="name of the worker"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="kind of the jobs"),
        sa.Column("done", sa.Integer(), nullable=False, comment="jobs that were done"),
        sa.Column("failed", sa.Integer(), nullable=False, comment="tries that failed"),
        sa.Column("busy_us", sa.BigInteger(), nullable=False, comment="time that they took, in microseconds"),
        sa.PrimaryKeyConstraint("minute", "worker", "kind", name=op.f("pk_work")),
        comment="what workers did in each minute, for rates; minute 0 is the sum of all before",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=100), nullable=False, comment="its machine and process, as `barn-pi:4711`"),
        sa.Column("model", sa.String(length=300), nullable=False, comment="the detector that it looks with"),
        sa.Column(
            "started_us",
            sa.BigInteger(),
            nullable=False,
            comment="when it started, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column(
            "beat_us",
            sa.BigInteger(),
            nullable=False,
            comment="when it was heard of last, in microseconds since 1970-01-01 UTC",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
        comment="processes that look into images, and what they are at",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "plate_aliases",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="number of the row",
        ),
        sa.Column(
            "plate_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the plate that is meant",
        ),
        sa.Column("text", sa.String(length=32), nullable=False, comment="text as it is read at times"),
        sa.ForeignKeyConstraint(
            ["plate_id"], ["plates.id"], name=op.f("fk_plate_aliases_plate_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_aliases")),
        sa.UniqueConstraint("text", name=op.f("uq_plate_aliases_text")),
        comment="texts that are readings of another plate: plates that a user merged into it",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "regions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="number of the row",
        ),
        sa.Column(
            "camera_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the camera whose picture it is part of",
        ),
        sa.Column("name", sa.String(length=100), nullable=False, comment="name of the region"),
        sa.Column(
            "use",
            sa.String(length=10),
            nullable=False,
            comment="`zone`: rules may name it; `ignore`: what stands there is not looked at",
        ),
        sa.Column(
            "polygon",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
            comment="corners as a JSON list of [x, y], from 0 to 1 of the image's width and height",
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_regions_camera_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("camera_id", "name", name=op.f("uq_regions_camera_id_name")),
        comment="parts of a camera's picture: those that rules name, and those where nothing is looked for",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=False,
    )
    op.create_table(
        "tracks",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
            comment="number of the row",
        ),
        sa.Column(
            "camera_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the camera that saw it",
        ),
        sa.Column(
            "object_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="what it is; null: a plate",
        ),
        sa.Column(
            "plate_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="which plate it is; null: an object",
        ),
        sa.Column(
            "image_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the image that shows it best; null: it was deleted",
        ),
        sa.Column(
            "time_us",
            sa.BigInteger(),
            nullable=False,
            comment="time of the image that made it sure, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column(
            "first_us",
            sa.BigInteger(),
            nullable=False,
            comment="time of the first image that shows it, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column(
            "last_us",
            sa.BigInteger(),
            nullable=False,
            comment="time of the last image that shows it, in microseconds since 1970-01-01 UTC",
        ),
        sa.Column("images", sa.Integer(), nullable=False, comment="how many images show it"),
        sa.Column("score", sa.Double(), nullable=False, comment="how sure the surest image is, from 0 to 1"),
        sa.Column(
            "left", sa.Double(), nullable=False, comment="left edge of the box, from 0 to 1 of the image's width"
        ),
        sa.Column("top", sa.Double(), nullable=False, comment="top edge of the box, from 0 to 1 of the image's height"),
        sa.Column("width", sa.Double(), nullable=False, comment="width of the box, from 0 to 1 of the image's width"),
        sa.Column(
            "height", sa.Double(), nullable=False, comment="height of the box, from 0 to 1 of the image's height"
        ),
        sa.Column(
            "absent_us",
            sa.BigInteger(),
            nullable=False,
            comment="how long the images since then show it no more, in microseconds",
        ),
        sa.Column(
            "ended", sa.Boolean(), nullable=False, comment="it is gone: what looks the same later is another one"
        ),
        sa.Column(
            "quiet",
            sa.Boolean(),
            nullable=False,
            comment="it was found by looking at old images again: nobody is notified",
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_tracks_camera_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_tracks_image_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name=op.f("fk_tracks_object_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["plate_id"], ["plates.id"], name=op.f("fk_tracks_plate_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
        comment="one thing that a camera saw, from the image on which votes made it sure until it was gone",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_tracks_camera_id_ended_last_us"), "tracks", ["camera_id", "ended", "last_us"], unique=False
    )
    op.create_index(op.f("ix_tracks_image_id"), "tracks", ["image_id"], unique=False)
    op.create_index(op.f("ix_tracks_object_id_time_us"), "tracks", ["object_id", "time_us"], unique=False)
    op.create_index(op.f("ix_tracks_plate_id_time_us"), "tracks", ["plate_id", "time_us"], unique=False)

    op.add_column(
        "cameras",
        sa.Column(
            "tiles",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="look at parts of its images too, for small and far objects",
        ),
    )
    op.add_column(
        "cameras",
        sa.Column(
            "thresholds",
            sa.String(length=1000),
            server_default="",
            nullable=False,
            comment="least score by label, as a JSON object; empty: those of the settings",
        ),
    )
    op.add_column(
        "cameras",
        sa.Column(
            "votes",
            sa.Integer(),
            nullable=True,
            comment="images that must show a thing before it counts; null: as in the settings",
        ),
    )
    with op.batch_alter_table("detections", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(
            sa.Column(
                "model_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
                comment="the detector; null: not known",
            )
        )
        batch.add_column(
            sa.Column(
                "track_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
                comment="the thing that it shows; null: votes did not suffice",
            )
        )
        batch.create_foreign_key(op.f("fk_detections_model_id"), "models", ["model_id"], ["id"], ondelete="SET NULL")
        batch.create_foreign_key(op.f("fk_detections_track_id"), "tracks", ["track_id"], ["id"], ondelete="SET NULL")
    op.create_index(op.f("ix_detections_track_id"), "detections", ["track_id"], unique=False)
    op.add_column(
        "plate_sightings",
        sa.Column(
            "reading",
            sa.String(length=32),
            server_default="",
            nullable=False,
            comment="text as it was read in this image",
        ),
    )
    with op.batch_alter_table("plate_sightings", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(
            sa.Column(
                "model_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
                comment="the reader; null: not known",
            )
        )
        batch.add_column(
            sa.Column(
                "track_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
                comment="the plate's stay that it belongs to; null: votes did not suffice",
            )
        )
        batch.create_foreign_key(
            op.f("fk_plate_sightings_model_id"), "models", ["model_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_foreign_key(
            op.f("fk_plate_sightings_track_id"), "tracks", ["track_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(op.f("ix_plate_sightings_track_id"), "plate_sightings", ["track_id"], unique=False)
    op.add_column(
        "plates",
        sa.Column(
            "identified",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="a user knows whose plate it is",
        ),
    )
    op.add_column(
        "plates",
        sa.Column(
            "watched", sa.Boolean(), server_default=sa.false(), nullable=False, comment="it is on the watch list"
        ),
    )
    op.add_column(
        "plates",
        sa.Column(
            "owner", sa.String(length=100), server_default="", nullable=False, comment="whose it is; empty: not said"
        ),
    )
    op.add_column(
        "plates",
        sa.Column(
            "vehicle",
            sa.String(length=100),
            server_default="",
            nullable=False,
            comment="type of the vehicle, such as `van`; empty: not said",
        ),
    )
    op.add_column(
        "plates",
        sa.Column(
            "color",
            sa.String(length=100),
            server_default="",
            nullable=False,
            comment="colour of the vehicle; empty: not said",
        ),
    )
    op.add_column(
        "plates",
        sa.Column(
            "note", sa.String(length=1000), server_default="", nullable=False, comment="what users want to remember"
        ),
    )
