"""A desk says which rights a case is about: codings, what statistics count of them, and pages to filter the queue by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up."""
    op.create_table(
        "coding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("coded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_coding_case_id_case")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_coding_member_id_member")),
        sa.ForeignKeyConstraint(["replaces_id"], ["coding.id"], name=op.f("fk_coding_replaces_id_coding")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_coding_desk_key_id_desk_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_coding_replaces_id")),
        sa.UniqueConstraint("case_id", "once", name=op.f("uq_coding_case_id_once")),
    )
    op.create_table(
        "code_count",
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_code_count_desk_id_desk")),
        sa.PrimaryKeyConstraint("desk_id", "month", "code", name=op.f("pk_code_count")),
    )
    op.create_table(
        "fact_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_fact_page_desk_id_desk")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_fact_page_desk_key_id_desk_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_page")),
    )
    op.create_index(op.f("ix_fact_page_desk_id"), "fact_page", ["desk_id"])
    op.create_table(
        "fact_entry",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_fact_entry_case_id_case")),
        sa.ForeignKeyConstraint(["page_id"], ["fact_page.id"], name=op.f("fk_fact_entry_page_id_fact_page")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_fact_entry")),
    )
    op.create_index(op.f("ix_fact_entry_page_id"), "fact_entry", ["page_id"])


def downgrade() -> None:
    """Go back down."""
    for name in ("fact_entry", "fact_page", "code_count", "coding"):
        op.drop_table(name)
