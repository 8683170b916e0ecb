"""What of a case is new."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up: what is there already counts as read."""
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE statement SET read_at = received_at")


def downgrade() -> None:
    """Go back down."""
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.drop_column("read_at")
