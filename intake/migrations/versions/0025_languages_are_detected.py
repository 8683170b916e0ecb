"""The language that a complaint's words are in, which may be another than that of the form."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
BEFORE = ["desk_id", "received_at", "status", "country", "language", "acknowledged_at", "id"]
AFTER = ["desk_id", "received_at", "status", "country", "language", "detected", "acknowledged_at", "id"]


def upgrade() -> None:
    """Go up: of what came until now it stays unknown, since it is sealed."""
    op.add_column("case", sa.Column("detected", sa.String(), nullable=True))
    op.drop_index("ix_case_figures", table_name="case")
    op.create_index("ix_case_figures", "case", AFTER)


def downgrade() -> None:
    """Go down."""
    op.drop_index("ix_case_figures", table_name="case")
    op.create_index("ix_case_figures", "case", BEFORE)
    op.drop_column("case", "detected")
