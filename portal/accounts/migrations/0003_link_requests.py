from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("language", models.CharField(max_length=16)),
                ("asked_at", models.DateTimeField(db_index=True)),
                ("tried_at", models.DateTimeField(help_text="when a worker took it up last", null=True)),
                (
                    "mailed_up_to",
                    models.BigIntegerField(
                        default=0,
                        help_text="of the accounts with this address, by id, those up to this one have their link",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for a new password",
                "verbose_name_plural": "requests for a new password",
            },
        ),
    ]
