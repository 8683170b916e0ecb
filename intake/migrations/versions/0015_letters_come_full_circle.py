"""Letters come full circle: what came back, what arrived, who was called, alarms; times of desks and members."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STANDS = sa.text("ended_at IS NULL")
ESCALATES = sa.text("escalates_at IS NOT NULL")
ZONES = {"KZ": "Asia/Almaty", "KG": "Asia/Bishkek", "TJ": "Asia/Dushanbe", "TM": "Asia/Ashgabat", "UZ": "Asia/Tashkent"}
DESK = sa.table("desk", sa.column("name"), sa.column("time_zone"))
POSTMASTER = sa.table("postmaster", sa.column("id"), sa.column("key", sa.LargeBinary()))
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go up."""
    _make_bounce()
    _make_arrival()
    _make_alarm()
    _make_escalation()
    op.create_table(
        "postmaster",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("beat_at", "reconciled_at", "summed_up_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postmaster")),
    )
    op.bulk_insert(POSTMASTER, [{"id": 1, "key": secrets.token_bytes(32)}])
    with op.batch_alter_table("letter") as letter:
        letter.add_column(sa.Column("gathered_in_id", sa.Integer(), nullable=True))
        letter.add_column(sa.Column("is_canary", sa.Boolean(), server_default=sa.false(), nullable=False))
        letter.create_foreign_key(op.f("fk_letter_gathered_in_id_letter"), "letter", ["gathered_in_id"], ["id"])
        letter.create_index(op.f("ix_letter_gathered_in_id"), ["gathered_in_id"])
    for name, usual in (("time_zone", "'UTC'"), ("urgent_minutes", "60"), ("other_minutes", "1440")):
        kind = sa.String() if name == "time_zone" else sa.Integer()
        op.add_column("desk", sa.Column(name, kind, server_default=sa.text(usual), nullable=False))
    for country, zone in ZONES.items():
        op.execute(sa.update(DESK).where(DESK.c.name == country).values(time_zone=zone))
    op.add_column("member", sa.Column("rhythm", sa.String(), server_default=sa.text("'at_once'"), nullable=False))
    op.add_column("member", sa.Column("quiet_from", sa.Integer(), nullable=True))
    op.add_column("member", sa.Column("quiet_until", sa.Integer(), nullable=True))
    op.add_column("member", sa.Column("time_zone", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("case", sa.Column("escalates_at", MOMENT, nullable=True))
    op.create_index(
        "ix_case_escalating",
        "case",
        ["escalates_at", "id"],
        sqlite_where=ESCALATES,
        postgresql_where=ESCALATES,
    )


def downgrade() -> None:
    """Go back down."""
    op.drop_index("ix_case_escalating", table_name="case")
    op.drop_column("case", "escalates_at")
    for name in ("time_zone", "quiet_until", "quiet_from", "rhythm"):
        op.drop_column("member", name)
    for name in ("other_minutes", "urgent_minutes", "time_zone"):
        op.drop_column("desk", name)
    with op.batch_alter_table("letter") as letter:
        letter.drop_index(op.f("ix_letter_gathered_in_id"))
        letter.drop_constraint(op.f("fk_letter_gathered_in_id_letter"), type_="foreignkey")
        letter.drop_column("is_canary")
        letter.drop_column("gathered_in_id")
    for name in ("postmaster", "escalation", "alarm", "arrival", "bounce"):
        op.drop_table(name)


def _make_bounce() -> None:
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_bounce_letter_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
    )
    op.create_index(op.f("ix_bounce_letter_id"), "bounce", ["letter_id"])


def _make_arrival() -> None:
    op.create_table(
        "arrival",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_arrival_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint("digest", name=op.f("uq_arrival_digest")),
    )
    op.create_index(op.f("ix_arrival_case_id"), "arrival", ["case_id"])


def _make_alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index(
        "ix_alarm_stands", "alarm", ["kind", "about"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )


def _make_escalation() -> None:
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("waiting_since", MOMENT, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_escalation_case_id_case")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_escalation_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("case_id", "waiting_since", "step", name=op.f("uq_escalation_case_id_waiting_since_step")),
    )
