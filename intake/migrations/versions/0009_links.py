"""Links between cases, and cases that are worked on together."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go up. Search pages are made anew: they tell of days and places now."""
    op.create_table(
        "case_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_link_case_id_case")),
        sa.ForeignKeyConstraint(["other_id"], ["case.id"], name=op.f("fk_case_link_other_id_case")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_case_link_member_id_member")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_case_link_desk_key_id_desk_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
        sa.UniqueConstraint("case_id", "other_id", name=op.f("uq_case_link_case_id_other_id")),
    )
    op.create_index(op.f("ix_case_link_other_id"), "case_link", ["other_id"])
    op.create_table(
        "case_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("main_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("desk_key_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_merge_case_id_case")),
        sa.ForeignKeyConstraint(["main_id"], ["case.id"], name=op.f("fk_case_merge_main_id_case")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_case_merge_member_id_member")),
        sa.ForeignKeyConstraint(["desk_key_id"], ["desk_key.id"], name=op.f("fk_case_merge_desk_key_id_desk_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_merge")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_merge_case_id")),
    )
    op.create_index(op.f("ix_case_merge_main_id"), "case_merge", ["main_id"])
    op.execute("DELETE FROM search_entry")
    op.execute("DELETE FROM search_page")


def downgrade() -> None:
    """Go back down."""
    op.drop_index(op.f("ix_case_merge_main_id"), table_name="case_merge")
    op.drop_table("case_merge")
    op.drop_index(op.f("ix_case_link_other_id"), table_name="case_link")
    op.drop_table("case_link")
