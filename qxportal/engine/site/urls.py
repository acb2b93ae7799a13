"""URLs of the site."""

from django.urls import path
from django.views.i18n import set_language

from qxportal.engine.site import (
    choosing,
    entering,
    letter_views,
    mail_views,
    plan_views,
    questionnaire_views,
    report_views,
    save_view,
    task_views,
)

app_name = "site"
urlpatterns = [
    path("", entering.front, name="front"),
    path("logo/<slug:key>.png", entering.logo, name="logo"),
    path("color-<slug:color>.css", entering.color, name="color"),
    path("send-link/", mail_views.send_link, name="send-link"),
    path("r/<str:token>/", mail_views.reminders, name="reminders"),
    path("l/<str:token>/", entering.link, name="link"),
    path("enter/", entering.enter, name="enter"),
    path("letter/", letter_views.code, name="letter"),
    path("letter/pin/", letter_views.pin, name="letter-pin"),
    path("leave/", entering.leave, name="leave"),
    path("language/", set_language, name="language"),
    path("reports/<slug:access>/", report_views.about, name="report"),
    path("reports/<slug:access>/open/", report_views.open_report, name="report-open"),
    path("reports/<slug:access>/read/", report_views.read, name="report-read"),
    path("reports/<slug:access>/pdf/", report_views.pdf, name="report-pdf"),
    path("reports/<slug:access>/approval/", report_views.approval, name="report-approval"),
    path("reports/<slug:access>/plan/", plan_views.own_plan, name="plan"),
    path("reports/<slug:access>/plan/share/", plan_views.share_plan, name="plan-share"),
    path("plans/<slug:plan>/", plan_views.shared_plan, name="plan-shared"),
    path("tasks/", task_views.tasks, name="tasks"),
    path("choose/<slug:assessment>/<slug:subject>/", choosing.choose, name="choose"),
    path("about-me/<slug:assessment>/remind/", choosing.remind, name="remind"),
    path("give/", choosing.give, name="give"),
    path("tasks/<slug:evaluation>/", task_views.one_task, name="task"),
    path("tasks/<slug:evaluation>/decline/", task_views.decline, name="decline"),
    path("tasks/<slug:evaluation>/again/", task_views.take_up_again, name="again"),
    path("tasks/<slug:evaluation>/start-over/", task_views.start_over, name="start-over"),
    path("tasks/<slug:evaluation>/go-on/", questionnaire_views.go_on, name="go-on"),
    path("tasks/<slug:evaluation>/save/", save_view.save, name="save"),
    path("tasks/<slug:evaluation>/submit/", questionnaire_views.submit, name="submit"),
    path("tasks/<slug:evaluation>/copy/", questionnaire_views.copy, name="copy"),
    path("tasks/<slug:evaluation>/pages/<str:page>/", questionnaire_views.page, name="page"),
]
