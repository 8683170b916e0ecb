"""The dashboard is quick: an index with all that it counts of a period, and one that finds a desk's first message."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FIGURES = ["desk_id", "received_at", "status", "country", "language", "acknowledged_at", "id"]
BY_DESK = sa.text("member_id IS NOT NULL")


def upgrade() -> None:
    """Go up."""
    op.create_index("ix_case_figures", "case", FIGURES)
    op.create_index(
        "ix_message_answer", "message", ["case_id", "sent_at"], sqlite_where=BY_DESK, postgresql_where=BY_DESK
    )


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_message_answer", table_name="message")
    op.drop_index("ix_case_figures", table_name="case")
