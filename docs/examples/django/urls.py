"""One page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"django at {request.build_absolute_uri('/')}")


urlpatterns = [path("", index)]
