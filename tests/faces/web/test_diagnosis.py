"""Mei presses Diagnose and reads on one page what was asked, what it showed, and where to begin."""

from __future__ import annotations

import io
import zipfile

from burning import Burning
from diagnosed import HOSTILE, diagnosed
from walking import Browser

from tocsin.faces.web.security import LANGUAGE_COOKIE


def test_a_press_on_the_incident_starts_it_and_cannot_be_pressed_twice(shop: Burning, mei: Browser):
    incident = shop.outage(1)
    assert "Diagnose" in mei.open(f"/incidents/{incident}").buttons()
    page = mei.press("Diagnose")
    assert "Everything is being asked." in page.text
    assert {"Diagnose", "Diagnose again"}.isdisjoint(page.buttons())
    waiting = mei.click("All answers")
    assert "It is being gathered what can be asked." in waiting.text
    assert mei.click("Look again").path == waiting.path
    again = shop.app.diagnoses.start("person:mei", incident=incident)
    assert waiting.path == f"/diagnoses/{again.id}"


def test_a_service_can_be_diagnosed_without_an_incident(shop: Burning, mei: Browser):
    assert "No service was diagnosed yet." in mei.open("/diagnoses").text
    page = mei.press("Diagnose", service="recommendation")
    assert page.title.startswith("Diagnosis of Recommendation service")
    assert "Recommendation service" in mei.click("Diagnoses").text


def test_the_page_says_where_to_begin_and_every_answer_can_be_read(shop: Burning, mei: Browser):
    incident = shop.outage(1)
    found = diagnosed(shop.app, incident)
    page = mei.open(f"/diagnoses/{found}")
    assert "4 of 4 questions are answered" in page.text
    assert "Application: it is reached, and does not answer well" in page.text
    assert "“Recommendation 2.8” was changed 12 minutes before it began." in page.text
    assert page.text.index("The pool is full") < page.text.index("The model is away")
    assert "<img" not in page.html
    assert HOSTILE in page.text
    shown = mei.send("GET", f"/diagnoses/{found}/parts/stack.logs").answer
    assert shown.headers["content-type"].startswith("text/plain")
    with bundle(mei, found) as files:
        index = files.read("index.html").decode()
    assert "<img" not in index
    assert "&lt;img src=x" in index
    assert mei.open("/diagnoses/dia_nothing").status == 404
    assert mei.open(f"/diagnoses/{found}/parts/nothing").status == 404
    assert f"/diagnoses/{found}" in mei.open("/diagnoses").html
    assert "4 of 4 questions are answered" in mei.open(f"/incidents/{incident}").text


def test_in_chinese_the_page_and_the_bundle_are_chinese(shop: Burning, mei: Browser):
    found = diagnosed(shop.app, shop.outage(1))
    mei.cookies.set(LANGUAGE_COOKIE, "zh_Hant")
    assert "4 題中已有 4 題完成" in mei.open(f"/diagnoses/{found}").text
    with bundle(mei, found) as files:
        assert "已知原因" in files.read("index.html").decode()


def bundle(reader: Browser, found: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(reader.send("GET", f"/diagnoses/{found}/archive").answer.content))
