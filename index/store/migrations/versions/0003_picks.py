"""picks and the wordings they suggest, what a question was to be answered with"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "suggestions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("pair_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["pair_id"], ["pairs.id"], name=op.f("fk_suggestions_pair_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("text_hash", "pair_id", name=op.f("uq_suggestions_text_hash_pair_id")),
    )
    with op.batch_alter_table("feedback") as feedback:
        feedback.add_column(
            sa.Column(
                "suggestion_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        feedback.create_foreign_key(
            op.f("fk_feedback_suggestion_id"),
            "suggestions",
            ["suggestion_id"],
            ["id"],
            ondelete="SET NULL",
        )
        feedback.create_index(op.f("ix_feedback_suggestion_id"), ["suggestion_id"])
    # Added in place: a new copy of this table would take the feedback with the old one.
    op.add_column("questions", sa.Column("outcome", sa.String(length=12), nullable=True))
