from django.db import migrations, models

# What held for everybody before brands could ask for more.
FIXED = """
    UPDATE engine_assessment SET min_group = 3, min_comments = 3, min_spread = 5 WHERE status <> 'Draft'
"""
# Answers that were erased are not linked any more: their class reached the minimum of that time, so it had three at
# least that raters gave themselves; no more is counted than is known.
GIVEN = """
    UPDATE engine_answerclass AS class
    SET given = CASE WHEN linked.said = class.size THEN linked.given ELSE GREATEST(linked.given, LEAST(class.size, 3)) END
    FROM (
        SELECT one.id, COUNT(answer.id) AS said, COUNT(answer.id) FILTER (WHERE NOT evaluation.imported) AS given
        FROM engine_answerclass AS one
        LEFT JOIN engine_answer AS answer ON answer.shown_in_id = one.id
        LEFT JOIN engine_evaluation AS evaluation ON evaluation.id = answer.evaluation_id
        GROUP BY one.id
    ) AS linked
    WHERE linked.id = class.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0022_mails_about_approving_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='answerclass',
            name='given',
            field=models.PositiveIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='assessment',
            name='min_comments',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='assessment',
            name='min_group',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='assessment',
            name='min_spread',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='brand',
            name='min_comments',
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name='brand',
            name='min_group',
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name='brand',
            name='min_spread',
            field=models.PositiveSmallIntegerField(default=5),
        ),
        migrations.AddField(
            model_name='series',
            name='minimum_comments',
            field=models.PositiveIntegerField(default=3),
        ),
        migrations.AddField(
            model_name='series',
            name='minimum_spread',
            field=models.PositiveIntegerField(default=5),
        ),
        migrations.RunSQL(FIXED, migrations.RunSQL.noop),
        migrations.RunSQL(GIVEN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='assessment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('min_comments', None), ('min_group', None), ('min_spread', None)), models.Q(('min_comments__gte', models.F('min_group')), ('min_group__gte', 3), ('min_spread__gte', models.F('min_group'))), _connector='OR'), name='an_assessment_shows_no_smaller_groups'),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('min_comments__gte', models.F('min_group')), ('min_group__gte', 3), ('min_spread__gte', models.F('min_group'))), name='a_brand_shows_no_smaller_groups'),
        ),
    ]
