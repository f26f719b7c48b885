"""jobs with a lease, golden questions, the history of generations"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("arguments", sa.JSON(), nullable=True))
        jobs.add_column(sa.Column("requested_by", sa.String(length=200), nullable=True))
        jobs.add_column(sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True))
        jobs.add_column(sa.Column("slot", sa.String(length=40), nullable=True))
        jobs.add_column(sa.Column("owner", sa.String(length=100), nullable=True))
        jobs.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
        jobs.add_column(
            sa.Column("cancel_requested", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        jobs.add_column(sa.Column("channel", sa.String(length=40), nullable=True))
        jobs.add_column(sa.Column("message_ts", sa.String(length=40), nullable=True))
        jobs.alter_column("started_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        jobs.create_unique_constraint(op.f("uq_jobs_kind_slot"), ["kind", "slot"])
    with op.batch_alter_table("generations") as generations:
        generations.add_column(sa.Column("job_id", sa.BigInteger(), nullable=True))
        generations.add_column(sa.Column("live_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "golden",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pair_id", sa.String(length=36), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["pairs.id"], name=op.f("fk_golden_pair_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_golden")),
        sa.UniqueConstraint("text_hash", name=op.f("uq_golden_text_hash")),
    )
    stored = sa.table(
        "generations", sa.column("indexed_revision"), sa.column("live_at"), sa.column("created_at")
    )
    # Answers are embedded with their topic since: every pair has to be indexed anew.
    op.execute(stored.update().values(indexed_revision=0, live_at=stored.c.created_at))
