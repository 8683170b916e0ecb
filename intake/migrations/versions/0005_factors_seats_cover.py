"""Second factors, promised seats, replaced keys, cover, lockdown, routes by language."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HERE = {"sqlite_where": sa.text("left_at IS NULL"), "postgresql_where": sa.text("left_at IS NULL")}
CURRENT = {"sqlite_where": sa.text("replaced_at IS NULL"), "postgresql_where": sa.text("replaced_at IS NULL")}


def upgrade() -> None:
    """Go up. Sessions end: they have no label. Of a desk's keys the newest is current; the others were never replaced by a rotation, and stay in use."""
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reads", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("signed_in_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_member_address"), type_="unique")
        batch_op.create_index("ix_member_address", ["address"], unique=True, **HERE)
    with op.batch_alter_table("member_secret", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tag", sa.LargeBinary(), nullable=True))
    op.execute("DELETE FROM member_session")
    with op.batch_alter_table("member_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("label", sa.LargeBinary(), nullable=False))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("recovered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "member_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("secret_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_factor_member_id_member")),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["member_secret.id"], name=op.f("fk_member_factor_secret_id_member_secret")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_factor")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_member_factor_credential_id")),
    )
    with op.batch_alter_table("member_factor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_factor_member_id"), ["member_id"], unique=False)
    op.create_table(
        "spent_challenge",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_challenge")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_absence_member_id_member")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["member.id"], name=op.f("fk_absence_stand_in_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_member_id", ["member_id", "until_at"], unique=False)
    with op.batch_alter_table("desk_key", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE desk_key SET replaced_at = made_at WHERE EXISTS "
        "(SELECT 1 FROM desk_key newer WHERE newer.desk_id = desk_key.desk_id AND newer.generation > desk_key.generation)"
    )
    with op.batch_alter_table("desk_key", schema=None) as batch_op:
        batch_op.create_index("ix_desk_key_current", ["desk_id"], unique=True, **CURRENT)
    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("promised_by_id", sa.Integer(), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_promise_desk_id_desk")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_promise_member_id_member")),
        sa.ForeignKeyConstraint(["promised_by_id"], ["member.id"], name=op.f("fk_promise_promised_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("member_id", "desk_id", name=op.f("uq_promise_member_id_desk_id")),
    )
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promise_desk_id"), ["desk_id"], unique=False)
    with op.batch_alter_table("route", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.drop_constraint(batch_op.f("pk_route"), type_="primary")
        batch_op.create_primary_key(batch_op.f("pk_route"), ["country", "language"])
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_invitation_member_id_member"), "member", ["member_id"], ["id"])
    op.create_table(
        "invitation_promise",
        sa.Column("invitation_id", sa.String(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_invitation_promise_desk_id_desk")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_invitation_promise_invitation_id_invitation")
        ),
        sa.PrimaryKeyConstraint("invitation_id", "desk_id", name=op.f("pk_invitation_promise")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back down. Members who were locked out count as gone, or their addresses would be let in again; routes by language are lost."""
    op.execute("UPDATE member SET left_at = locked_at WHERE left_at IS NULL AND locked_at IS NOT NULL")
    op.execute("UPDATE member SET address = address || ' (' || id || ')' WHERE left_at IS NOT NULL")
    op.execute("UPDATE letter SET delivered_at = withdrawn_at WHERE delivered_at IS NULL AND withdrawn_at IS NOT NULL")
    op.execute("DELETE FROM route WHERE language <> ''")
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
    op.drop_table("invitation_promise")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_invitation_member_id_member"), type_="foreignkey")
        batch_op.drop_column("member_id")
    with op.batch_alter_table("route", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("pk_route"), type_="primary")
        batch_op.drop_column("language")
        batch_op.create_primary_key(batch_op.f("pk_route"), ["country"])
    op.drop_table("promise")
    with op.batch_alter_table("desk_key", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_key_current", **CURRENT)
        batch_op.drop_column("retired_at")
        batch_op.drop_column("replaced_at")
    op.drop_table("absence")
    op.drop_table("spent_challenge")
    op.drop_table("member_factor")
    op.execute("DELETE FROM member_secret WHERE kind <> 'password'")
    with op.batch_alter_table("member_session", schema=None) as batch_op:
        batch_op.drop_column("recovered")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("label")
    with op.batch_alter_table("member_secret", schema=None) as batch_op:
        batch_op.drop_column("tag")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index("ix_member_address", **HERE)
        batch_op.create_unique_constraint(batch_op.f("uq_member_address"), ["address"])
        batch_op.drop_column("locked_at")
        batch_op.drop_column("signed_in_on")
        batch_op.drop_column("reads")
