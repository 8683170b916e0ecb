"""Backups: what came of each."""

import sqlalchemy as sa
from alembic import op

from intake.extensions import Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("began_at", Moment(timezone=True), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_backup_run_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
        sa.UniqueConstraint("name", name=op.f("uq_backup_run_name")),
    )
    op.create_index(op.f("ix_backup_run_case_id"), "backup_run", ["case_id"])


def downgrade() -> None:
    """Go down; the invented case of the last backup stays, which no member sees."""
    op.drop_table("backup_run")
