"""The overdue are found quickly: an index of the cases that have a day, in the queue's order."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LATE = ["desk_id", "status", "urgent", "alarm_at", "received_at", "id"]
HAS_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Go up."""
    op.create_index("ix_case_late", "case", LATE, sqlite_where=HAS_DUE, postgresql_where=HAS_DUE)


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_case_late", table_name="case")
