"""http://SERVICE.localhost: the way to a service by its name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harness.browser import page_text
from harness.daemon import Portd
from harness.services import http_server, register


def curl(*arguments: str) -> str:
    return subprocess.run(["curl", "-s", *arguments], capture_output=True, text=True, check=True, timeout=30).stdout


def test_curl_reaches_the_apps_own_path(portd: Portd, folder: Path) -> None:
    shop = register(portd, "shop")
    (folder / "x").write_text("hello from shop")
    with http_server(shop["port"], folder):
        assert curl("-L", f"http://shop.localhost:{portd.tcp_port}/x") == "hello from shop"


def test_another_method_is_405(portd: Portd) -> None:
    register(portd, "shop")
    url = f"http://shop.localhost:{portd.tcp_port}/x"
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", url) == "405"


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="./dev installs a browser on Linux only")


@linux_only
def test_a_browser_opens_it(portd: Portd, folder: Path) -> None:
    shop = register(portd, "shop", query="?instance=feature-x")
    (folder / "x.html").write_text("<!doctype html><title>shop</title><p>hello from shop")
    with http_server(shop["port"], folder):
        url = f"http://feature-x.shop.localhost:{portd.tcp_port}/x.html"
        assert page_text(url, folder) == "hello from shop"


@linux_only
def test_a_browser_shows_the_choices_for_an_unknown_name(portd: Portd, folder: Path) -> None:
    register(portd, "shop")
    text = page_text(f"http://nope.localhost:{portd.tcp_port}/", folder)
    assert "There is no service nope" in text
    assert "shop" in text
