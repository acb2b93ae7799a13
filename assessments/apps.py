"""The Django app of assessments."""

from django.apps import AppConfig

from qxportal.core import failpoints


class AssessmentsConfig(AppConfig):
    """The 360s: assessments, subjects, evaluations, relationships and reports."""

    name = "assessments"

    def ready(self) -> None:
        """Register the parts of assessments with the layers below."""
        from assessments import report_codes, report_links, survey_alerts, timetable_mail
        from assessments.answer_exports import ANSWERS
        from assessments.failpoints import FAILPOINTS
        from assessments.fence import find_out
        from assessments.job_kinds import (
            EXPORT_ANSWERS,
            FETCH_REPORT,
            FETCH_REPORTS,
            PREVIEW_REPORT,
            READ_FIGURES,
            SEND_LINKS,
            SYNC_ASSESSMENT,
            SYNC_BRAND,
            SYNC_LINK,
            SYNC_MAILS,
            TIMETABLE,
        )
        from assessments.labels import LABELS
        from assessments.letter_labels import LETTER_LABELS
        from assessments.letters import LETTERS
        from assessments.mail_labels import MAIL_LABELS
        from assessments.nomination_labels import NOMINATION_LABELS
        from assessments.plans_of_evaluations import EVALUATIONS
        from assessments.plans_of_evaluators import EVALUATORS
        from assessments.plans_of_late_additions import LATE
        from assessments.plans_of_leavers import LEAVERS
        from assessments.plans_of_participants import PARTICIPANTS
        from assessments.plans_of_people import PEOPLE
        from assessments.plans_of_releases import RELEASES
        from assessments.plans_of_statuses import STATUSES
        from assessments.plans_of_subjects import SUBJECTS
        from assessments.report_files import REPORTS
        from assessments.sealed_previews import PREVIEWS
        from qxportal.accounts import fence, portal_mail
        from qxportal.ledger import job_kinds
        from qxportal.ledger.plans.registry import register_plan_kind
        from qxportal.security import stores
        from qxportal.ui import labels

        labels.register(LABELS)
        labels.register(LETTER_LABELS)
        labels.register(MAIL_LABELS)
        labels.register(NOMINATION_LABELS)
        stores.register(REPORTS)
        stores.register(LETTERS)
        stores.register(PREVIEWS)
        stores.register(ANSWERS)
        job_kinds.register(SYNC_ASSESSMENT, SYNC_BRAND, SYNC_MAILS, FETCH_REPORT, FETCH_REPORTS, PREVIEW_REPORT)
        job_kinds.register(READ_FIGURES, EXPORT_ANSWERS, SEND_LINKS, SYNC_LINK, TIMETABLE)
        fence.register(find_out)
        for kind in (EVALUATIONS, EVALUATORS, LATE, LEAVERS, PARTICIPANTS, PEOPLE, RELEASES, STATUSES, SUBJECTS):
            register_plan_kind(kind)
        portal_mail.register_writer(survey_alerts.KIND, survey_alerts.write_survey_mail)
        portal_mail.register_writer(report_links.KIND, report_links.write_link_mail)
        portal_mail.register_writer(report_codes.KIND, report_codes.write_code_mail)
        portal_mail.register_writer(timetable_mail.KIND, timetable_mail.write_timetable_mail)
        failpoints.declare(FAILPOINTS)
