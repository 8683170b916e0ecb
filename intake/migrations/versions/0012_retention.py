"""What a case tells ends once its time has come: since when it rests, when its desk was warned, who holds it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HAS_OUTCOME, HAS_END = sa.text("outcome_at IS NOT NULL"), sa.text("ends_at IS NOT NULL")
OUTCOMES = ("published", "passed_on", "closed", "not_a_complaint")
CASE = sa.table("case", sa.column("id"), sa.column("status"), sa.column("received_at"), sa.column("outcome_at"))


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_hold_case_id_case")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_hold_desk_key_id_desk_key")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_hold_member_id_member")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["member.id"], name=op.f("fk_hold_ended_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_case_id"), "hold", ["case_id"])
    for name in ("watched_at", "warned_at"):
        op.add_column("house", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("outcome_at", "warned_at", "ends_at"):
        op.add_column("case", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _count_from_what_was_written_last()
    op.create_index(
        "ix_case_outcome",
        "case",
        ["status", "outcome_at", "id"],
        sqlite_where=HAS_OUTCOME,
        postgresql_where=HAS_OUTCOME,
    )
    op.create_index(
        "ix_case_ending",
        "case",
        ["status", "ends_at", "received_at", "id"],
        sqlite_where=HAS_END,
        postgresql_where=HAS_END,
    )


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_case_ending", table_name="case")
    op.drop_index("ix_case_outcome", table_name="case")
    for name in ("ends_at", "warned_at", "outcome_at"):
        op.drop_column("case", name)
    for name in ("warned_at", "watched_at"):
        op.drop_column("house", name)
    op.drop_index(op.f("ix_hold_case_id"), table_name="hold")
    op.drop_table("hold")


def _count_from_what_was_written_last() -> None:
    """Let the time of what came to its outcome count from then, or from what was written since."""
    of_outcome = CASE.c.status.in_(OUTCOMES)
    op.execute(sa.update(CASE).where(of_outcome).values(outcome_at=CASE.c.received_at))
    for table, column in (
        ("status_change", "at"),
        ("statement", "received_at"),
        ("message", "sent_at"),
        ("feedback", "given_at"),
    ):
        rows = sa.table(table, sa.column("case_id"), sa.column(column))
        newest = sa.select(sa.func.max(rows.c[column])).where(rows.c.case_id == CASE.c.id).scalar_subquery()
        op.execute(sa.update(CASE).where(of_outcome, CASE.c.outcome_at < newest).values(outcome_at=newest))
