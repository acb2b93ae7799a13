"""Addresses of assessments and reports, below /o/<organisation>/."""

from django.urls import path

from assessments.views import (
    assessments,
    evaluators,
    home,
    imports,
    people,
    relationships,
    reports,
    selection,
    subjects,
    wizard,
)

app_name = "assessments"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("refresh/", home.refresh, name="refresh"),
    path("assessments/", assessments.assessment_list, name="list"),
    path("assessments/new/", wizard.start, name="new"),
    path("assessments/new/<slug:step>/", wizard.wizard, name="new-step"),
    path("assessments/<int:pk>/", assessments.overview, name="overview"),
    path("assessments/<int:pk>/refresh/", assessments.refresh, name="refresh-one"),
    path("assessments/<int:pk>/activate/", assessments.activate, name="activate"),
    path("assessments/<int:pk>/close/", assessments.close, name="close"),
    path("assessments/<int:pk>/evaluations/", assessments.evaluations, name="evaluations"),
    path("assessments/<int:pk>/activity/", assessments.activity, name="activity"),
    path("assessments/<int:pk>/relationships/", relationships.relationships, name="relationships"),
    path("assessments/<int:pk>/subjects/", subjects.subject_list, name="subjects"),
    path("assessments/<int:pk>/subjects/add/", selection.add, name="subjects-add"),
    path("assessments/<int:pk>/subjects/status/", selection.statuses, name="subjects-status"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/", subjects.subject, name="subject"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/row/", subjects.row, name="subject-row"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/status/", subjects.status, name="subject-status"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/remove/", subjects.remove, name="subject-remove"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/evaluators/", evaluators.add, name="evaluators-add"),
    path("assessments/<int:pk>/subjects/<int:subject_pk>/report/", reports.fetch, name="report-fetch"),
    path("assessments/<int:pk>/reports/", reports.of_assessment, name="reports"),
    path("changes/<uuid:pk>/rest/", imports.rest, name="import-rest"),
    path("people/<int:pk>/", people.person, name="person"),
    path("reports/", reports.all_reports, name="all-reports"),
    path("reports/<int:pk>/download/", reports.download, name="report-download"),
    path("reports/<int:pk>/release/", reports.release, name="report-release"),
    path("releases/<int:pk>/withdraw/", reports.withdraw, name="release-withdraw"),
    path("my-reports/", reports.my_reports, name="my-reports"),
]
