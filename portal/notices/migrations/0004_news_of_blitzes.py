"""Deliveries carry news of any room by their key; columns and a table are added, and nobody waits for that."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cutoffs", "0003_messages"),
        ("notices", "0003_groups_of_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="NewsFanOut",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "fan-out of news",
                "verbose_name_plural": "fan-outs of news",
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="news",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the key of these (portal.news)",
                max_length=100,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="event",
            field=models.ForeignKey(
                help_text="what happened to a cutoff; empty: news of another room",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="cutoffs.event",
            ),
        ),
        migrations.AlterField(
            model_name="webhook",
            name="format",
            field=models.CharField(
                choices=[
                    ("json", "JSON, signed"),
                    ("slack", "Slack"),
                    ("discord", "Discord"),
                    ("discourse", "Discourse"),
                ],
                default="json",
                max_length=16,
                verbose_name="format",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event__isnull", False), ("news", "")),
                    models.Q(("event__isnull", True), models.Q(("news", ""), _negated=True)),
                    _connector="OR",
                ),
                name="delivery_is_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("news", ""), _negated=True),
                fields=("news", "subscription"),
                name="news_once_per_subscription",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("news", ""), _negated=True),
                fields=("news", "webhook"),
                name="news_once_per_webhook",
            ),
        ),
    ]
