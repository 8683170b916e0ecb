"""Return visits."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EARLIER = ("received", "acknowledged")
LATER = ("checking", "needs_answer", "published", "passed_on", "closed", "deleted")


def _statuses(*names: str) -> None:
    """Change which statuses a case may have; SQLite makes the table anew and forgets the earlier rule by that."""
    allowed = ", ".join(f"'{name}'" for name in names)
    with op.batch_alter_table("case") as batch_op:
        if op.get_bind().dialect.name != "sqlite":
            batch_op.drop_constraint(op.f("ck_case_status"), type_="check")
        batch_op.create_check_constraint(op.f("ck_case_status"), f"status IN ({allowed})")


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "rating_count",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("rating", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_rating_count_desk_id_desk")),
        sa.PrimaryKeyConstraint("desk_id", "month", "question", "rating", name=op.f("pk_rating_count")),
    )
    op.create_table(
        "complainant_session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_complainant_session_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complainant_session")),
    )
    with op.batch_alter_table("complainant_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complainant_session_case_id"), ["case_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_feedback_case_id_case")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_feedback_desk_key_id_desk_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("case_id", name=op.f("uq_feedback_case_id")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_message_case_id_case")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_message_desk_key_id_desk_key")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_message_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("case_id", "once", name=op.f("uq_message_case_id_once")),
    )
    op.create_table(
        "status_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_status_change_case_id_case")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_status_change_desk_key_id_desk_key")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_status_change_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_change")),
    )
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_change_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alarm_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("not_for_publication", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("deletion_asked_at", sa.DateTime(timezone=True), nullable=True))
    _statuses(*EARLIER, *LATER)

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed_address", sa.LargeBinary(), nullable=True))

    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_statement_member_id_member"), "member", ["member_id"], ["id"])


def downgrade() -> None:
    """Go back down."""
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_statement_member_id_member"), type_="foreignkey")
        batch_op.drop_column("member_id")

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_column("sealed_address")

    later = ", ".join(f"'{name}'" for name in LATER)
    op.execute(f"UPDATE \"case\" SET status = 'acknowledged' WHERE status IN ({later})")  # noqa: S608 our own names
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_column("deletion_asked_at")
        batch_op.drop_column("not_for_publication")
        batch_op.drop_column("alarm_at")
    _statuses(*EARLIER)

    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_status_change_case_id"))

    op.drop_table("status_change")
    op.drop_table("message")
    op.drop_table("feedback")
    with op.batch_alter_table("complainant_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complainant_session_case_id"))

    op.drop_table("complainant_session")
    op.drop_table("rating_count")
