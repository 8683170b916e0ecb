"""Letters gather: which are urgent, which wait for others, and what a mail server said at a test."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

IS_TEST = sa.text("kind = 'test'")
IS_KEPT = sa.text("conversation IS NOT NULL")


def upgrade() -> None:
    """Go up."""
    with op.batch_alter_table("letter") as letter:
        letter.add_column(sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
        letter.add_column(sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_letter_to", "letter", ["address", "delivered_at", "due_at"])
    op.create_index("ix_letter_test", "letter", ["address", "id"], sqlite_where=IS_TEST, postgresql_where=IS_TEST)
    op.add_column("attempt", sa.Column("conversation", sa.String(), nullable=True))
    op.create_index("ix_attempt_kept", "attempt", ["at"], sqlite_where=IS_KEPT, postgresql_where=IS_KEPT)


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_attempt_kept", table_name="attempt")
    op.drop_column("attempt", "conversation")
    op.drop_index("ix_letter_test", table_name="letter")
    op.drop_index("ix_letter_to", table_name="letter")
    with op.batch_alter_table("letter") as letter:
        letter.drop_column("is_held")
        letter.drop_column("urgent")
