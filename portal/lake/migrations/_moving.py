"""Models that move from one app to another: their tables stay, their rows know nothing of it."""

from django.db import migrations


def in_state(operations):
    """Operations that change what Django knows, and nothing in the database."""
    return migrations.SeparateDatabaseAndState(state_operations=operations)


def rename_content_types(before, after, *models):
    """Let permissions and the log of the staff pages follow the models."""

    def move(old, new):
        def run(apps, schema_editor):
            content_types = apps.get_model("contenttypes", "ContentType").objects
            content_types.filter(app_label=old, model__in=models).update(app_label=new)

        return run

    return migrations.RunPython(move(before, after), move(after, before))
