"""when a camera was heard of, apart from when its images were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ACCEPTED = "when the hub accepted it, in microseconds since 1970-01-01 UTC"
TAKEN = {
    "images": "when it was taken, as far as its sender told, else when the hub accepted it",
    "events": "when it happened, as far as its sender told, else when the hub accepted it",
}


def upgrade() -> None:
    """Make the change."""
    op.add_column(
        "cameras",
        sa.Column(
            "heard_us",
            sa.BigInteger(),
            nullable=True,
            comment="when the hub accepted its latest message; null: not known, in microseconds since 1970-01-01 UTC",
        ),
    )
    if not op.get_bind().dialect.supports_comments:
        return
    for table, comment in TAKEN.items():
        op.alter_column(
            table,
            "time_us",
            existing_type=sa.BigInteger(),
            existing_nullable=False,
            comment=f"{comment}, in microseconds since 1970-01-01 UTC",
            existing_comment=ACCEPTED,
        )
