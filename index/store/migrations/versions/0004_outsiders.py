"""whether people of other organisations read where a question was asked"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "questions",
        sa.Column("outside", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
