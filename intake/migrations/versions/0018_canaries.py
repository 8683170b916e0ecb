"""Canaries: invented complaints that test the way, and what came of each."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATUSES = (
    *("received", "acknowledged", "checking", "needs_answer", "published", "passed_on", "closed", "not_a_complaint"),
    "deleted",
)
MOMENT = sa.DateTime(timezone=True)


def _statuses(*allowed: str) -> None:
    """Let cases have these statuses, and no others. SQLite makes the table anew, without the condition that was."""
    named = ", ".join(f"'{status}'" for status in allowed)
    with op.batch_alter_table("case") as case:
        if op.get_bind().dialect.name != "sqlite":
            case.drop_constraint(op.f("ck_case_status"), type_="check")
        case.create_check_constraint(op.f("ck_case_status"), f"status IN ({named})")


def upgrade() -> None:
    """Go up."""
    _statuses(*STATUSES, "canary")
    op.create_table(
        "canary_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_canary_run_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary_run")),
    )
    op.create_index("ix_canary_run_country", "canary_run", ["country", "id"])
    op.create_index(op.f("ix_canary_run_case_id"), "canary_run", ["case_id"])


def downgrade() -> None:
    """Go back down. A canary that is on its way is put aside."""
    op.drop_table("canary_run")
    op.execute("UPDATE \"case\" SET status = 'not_a_complaint' WHERE status = 'canary'")
    _statuses(*STATUSES)
