"""A desk marks what is blacked out in the copies of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "redaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_redaction_case_id_case")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_redaction_desk_key_id_desk_key")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_redaction_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
        sa.UniqueConstraint("case_id", name=op.f("uq_redaction_case_id")),
    )


def downgrade() -> None:
    """Go back down."""
    op.drop_table("redaction")
