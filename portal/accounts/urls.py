"""Pages of accounts."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from portal.accounts import views

app_name = "accounts"
urlpatterns = [
    path("accounts/sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("accounts/sign-out/", LogoutView.as_view(), name="sign_out"),
    path("accounts/sign-up/", views.sign_up, name="sign_up"),
    path("accounts/", views.account, name="account"),
    path("accounts/sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("accounts/password/", views.ChangePassword.as_view(), name="change_password"),
    path("accounts/forgotten/", views.forgotten, name="forgotten"),
    path("accounts/forgotten/<uidb64>/<token>/", views.ChoosePassword.as_view(), name="choose_password"),
    path("accounts/named/", views.name_account, name="name_account"),
    path("accounts/tokens/", views.make_token, name="make_token"),
    path("accounts/tokens/revoke/", views.revoke_token, name="revoke_token"),
    path("accounts/inaturalist/", views.begin, name="begin"),
    path("accounts/inaturalist/back/", views.finish, name="finish"),
]
