"""Letters are found by indexes that stay small or answer in order; attempts at which a worker died are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

OWED = sa.text("delivered_at IS NULL AND withdrawn_at IS NULL")
WITHDRAWN = sa.text("withdrawn_at IS NOT NULL")
OPENED = sa.text("act = 'case.opened'")


def upgrade() -> None:
    """Go up."""
    op.add_column("attempt", sa.Column("broke_off", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_attempt_broke_off",
        "attempt",
        ["letter_id"],
        sqlite_where=sa.text("broke_off = 1"),
        postgresql_where=sa.text("broke_off"),
    )
    op.drop_index("ix_letter_owed", table_name="letter")
    op.drop_index("ix_letter_member_id", table_name="letter")
    op.create_index("ix_letter_owed", "letter", ["due_at", "id"], sqlite_where=OWED, postgresql_where=OWED)
    op.create_index("ix_letter_delivered", "letter", ["delivered_at"])
    op.create_index("ix_letter_ledger", "letter", ["owed_at", "id"])
    op.create_index("ix_letter_kind", "letter", ["kind", "owed_at", "id"])
    op.create_index("ix_letter_member", "letter", ["member_id", "owed_at", "id"])
    op.create_index(
        "ix_letter_withdrawn", "letter", ["owed_at", "id"], sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN
    )
    op.create_index(
        "ix_audit_entry_opened",
        "audit_entry",
        ["case_id", "member_id", "at"],
        sqlite_where=OPENED,
        postgresql_where=OPENED,
    )


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_audit_entry_opened", table_name="audit_entry")
    for name in ("withdrawn", "member", "kind", "ledger", "delivered", "owed"):
        op.drop_index(f"ix_letter_{name}", table_name="letter")
    op.create_index("ix_letter_member_id", "letter", ["member_id"])
    op.create_index("ix_letter_owed", "letter", ["delivered_at", "due_at"])
    op.drop_index("ix_attempt_broke_off", table_name="attempt")
    op.drop_column("attempt", "broke_off")
