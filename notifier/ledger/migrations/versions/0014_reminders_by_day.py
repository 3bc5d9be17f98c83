"""One index less on reminders: what makes them unique also finds what else a contact was told of a date."""

from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the nominal day in the unique key, which the checkpoint's key has in it anyway; drop the other index."""
    op.drop_index("ix_reminders_contact_task_id_nominal", "reminders")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_constraint("uq_reminders_task_id_checkpoint_contact", type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_reminders_task_id_nominal_contact_checkpoint"),
            ["task_id", "nominal", "contact", "checkpoint"],
        )
