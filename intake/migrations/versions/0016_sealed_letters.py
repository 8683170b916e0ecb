"""Letters can be sealed to who reads them: certificates, and what a letter carries."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "text", "fingerprint")),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("warned_at", "replaced_at")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_certificate_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_index(op.f("ix_certificate_member_id"), "certificate", ["member_id"])
    op.add_column("letter", sa.Column("sealed_report", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Go back down."""
    with op.batch_alter_table("letter") as letter:
        letter.drop_column("sealed_report")
    op.drop_table("certificate")
