"""Files that complainants send by themselves: whether the desk has seen that they came; sizes beyond two gigabytes."""

import sqlalchemy as sa
from alembic import op

from intake.extensions import Moment

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None
SIZED = ("evidence_file", "evidence_upload", "evidence_view")


def upgrade() -> None:
    """Go up: what came until now came with words, or was brought by a member."""
    _size(sa.Integer(), sa.BigInteger())
    op.add_column("evidence_file", sa.Column("read_at", Moment(timezone=True), nullable=True))
    op.execute(sa.text("UPDATE evidence_file SET read_at = received_at"))
    is_new = sa.text("read_at IS NULL")
    op.create_index("ix_evidence_file_new", "evidence_file", ["case_id"], sqlite_where=is_new, postgresql_where=is_new)


def downgrade() -> None:
    """Go down."""
    op.drop_index("ix_evidence_file_new", table_name="evidence_file")
    op.drop_column("evidence_file", "read_at")
    _size(sa.BigInteger(), sa.Integer())


def _size(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    for table in SIZED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("size", existing_type=before, type_=after, existing_nullable=False)
