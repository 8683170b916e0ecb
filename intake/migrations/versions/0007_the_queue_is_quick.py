"""The queue is quick however many cases there are: an index for each of its orders."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HAS_ASSIGNEE, HAS_DUE = sa.text("assignee_id IS NOT NULL"), sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    """Go up."""
    op.drop_index("ix_case_queue", table_name="case")
    op.drop_index(op.f("ix_case_assignee_id"), table_name="case")
    op.create_index("ix_case_queue", "case", ["desk_id", "status", "urgent", "alarm_at", "received_at", "id"])
    op.create_index("ix_case_arrival", "case", ["desk_id", "status", "received_at", "id"])
    op.create_index(
        "ix_case_due",
        "case",
        ["desk_id", "status", "due_at", "received_at", "id"],
        sqlite_where=HAS_DUE,
        postgresql_where=HAS_DUE,
    )
    op.create_index(
        "ix_case_mine",
        "case",
        ["assignee_id", "status", "urgent", "alarm_at", "received_at", "id"],
        sqlite_where=HAS_ASSIGNEE,
        postgresql_where=HAS_ASSIGNEE,
    )


def downgrade() -> None:
    """Go back down."""
    for name in ("ix_case_mine", "ix_case_due", "ix_case_arrival", "ix_case_queue"):
        op.drop_index(name, table_name="case")
    op.create_index(op.f("ix_case_assignee_id"), "case", ["assignee_id"])
    op.create_index("ix_case_queue", "case", ["desk_id", "status", "urgent", "received_at", "id"])
