"""whether a question was asked in private, and came with files"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Added in place: a new copy of this table would take the feedback with the old one.
    for name in ("private", "with_files"):
        op.add_column(
            "questions", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
