"""Addresses of jobs, changes and the log, below /o/<organisation>/."""

from django.urls import path

from qxportal.ledger import correction_views, plan_views, request_views, views

app_name = "ledger"
urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/progress/", views.job_progress, name="job-progress"),
    path("jobs/<int:pk>/cancel/", views.job_cancel, name="job-cancel"),
    path("jobs/<int:pk>/pause/", views.job_pause, name="job-pause"),
    path("jobs/<int:pk>/resume/", views.job_resume, name="job-resume"),
    path("jobs/<int:pk>/retry/", views.job_retry, name="job-retry"),
    path("plans/", plan_views.plans, name="plans"),
    path("plans/<uuid:pk>/", plan_views.plan, name="plan"),
    path("plans/<uuid:pk>/progress/", plan_views.progress, name="plan-progress"),
    path("plans/<uuid:pk>/apply/", plan_views.plan_apply, name="plan-apply"),
    path("plans/<uuid:pk>/validate/", plan_views.plan_validate, name="plan-validate"),
    path("plans/<uuid:pk>/discard/", plan_views.plan_discard, name="plan-discard"),
    path("plans/<uuid:pk>/undo/", plan_views.plan_undo, name="plan-undo"),
    path("plans/<uuid:pk>/retry/", plan_views.plan_retry, name="plan-retry"),
    path("plans/<uuid:pk>/share/", plan_views.plan_share, name="plan-share"),
    path("plans/<uuid:pk>/rows/", correction_views.plan_rows, name="plan-rows"),
    path("plans/<uuid:pk>/export/", plan_views.plan_export, name="plan-export"),
    path("changes/", views.changes, name="changes"),
    path("changes/export/", views.changes_export, name="changes-export"),
    path("changes/<uuid:pk>/", views.change, name="change"),
    path("changes/<uuid:pk>/state/", views.change_state, name="change-state"),
    path("changes/<uuid:pk>/decide/", views.change_decide, name="change-decide"),
    path("changes/<uuid:pk>/looked-after/", views.change_looked_after, name="change-looked-after"),
    path("changes/<uuid:pk>/withdraw/", views.change_withdraw, name="change-withdraw"),
    path("log/", views.log, name="log"),
    path("held/<int:pk>/", views.held, name="held"),
    path("settings/credential/test/", views.test_connection, name="test-connection"),
    path("settings/requests/", request_views.names, name="request-names"),
    path("settings/requests/try/", request_views.try_all, name="try-requests"),
    path("settings/requests/name/", request_views.set_one, name="set-request-name"),
]
