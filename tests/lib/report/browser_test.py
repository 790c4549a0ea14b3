#!/usr/bin/env python3
"""The html report in a real browser: browser_test.py PRINT_SAMPLE

Drives Chromium over chromedriver (W3C WebDriver, https://www.w3.org/TR/webdriver2/)
with nothing but the standard library.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

PRINT_SAMPLE = sys.argv.pop(1) if len(sys.argv) > 1 else ""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's key for an element

CHROMIUM_FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,1600",
]


class Driver:
    """A chromedriver of our own, on a port that it picks."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="tidemark-browser-")
        self.log = open(os.path.join(self.directory, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=self.log,
            stdin=subprocess.DEVNULL, start_new_session=True, text=True)
        self.base = ""
        for line in self.process.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.base = f"http://127.0.0.1:{found.group(1)}"
                break
        if not self.base:
            self.end()
            raise RuntimeError("chromedriver did not start")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def end(self):
        self.process.stdout.close()
        try:  # its group holds the browsers that it started
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Browser:
    """One browser, with a profile of its own."""

    def __init__(self, driver, phone=False):
        self.driver = driver
        self.directory = tempfile.mkdtemp(prefix="tidemark-browser-")
        options = {"args": CHROMIUM_FLAGS + [f"--user-data-dir={self.directory}/profile"]}
        if phone:
            options["mobileEmulation"] = {
                "deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 2, "mobile": True}}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                        "unhandledPromptBehavior": "ignore"}
        session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = "/session/" + session["sessionId"]

    def end(self):
        try:
            self.driver.call("DELETE", self.session)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


class Page:
    """One report, shown in a browser."""

    def __init__(self, browser, sample, scripts=True):
        self.browser = browser
        report = pathlib.Path(browser.directory, "report.html")
        report.write_bytes(subprocess.run([PRINT_SAMPLE, sample, "html"], check=True,
                                          stdout=subprocess.PIPE, timeout=60).stdout)
        self.call("POST", "/url", {"url": "about:blank"})
        self.log("performance")  # what came before is not the page's
        self.log("browser")
        self.call("POST", "/goog/cdp/execute",
                  {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": not scripts}})
        self.call("POST", "/url", {"url": report.as_uri()})

    def call(self, method, path, body=None):
        return self.browser.driver.call(method, self.browser.session + path, body)

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def element(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return "/element/" + found[ELEMENT]

    def click(self, selector):
        self.call("POST", self.element(selector) + "/click", {})

    def type(self, selector, text):
        self.call("POST", self.element(selector) + "/value", {"text": text})

    def press(self, key):
        self.call("POST", "/actions", {"actions": [{
            "type": "key", "id": "keyboard",
            "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def text(self, selector):
        return self.call("GET", self.element(selector) + "/text")

    def shown(self, selector):
        return self.call("GET", self.element(selector) + "/displayed")

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def order(self):
        return self.run("""return [...document.querySelectorAll('#findings > .sites > .site')]
            .filter(site => !site.hidden).map(site => site.id)""")

    def alert(self):
        try:
            return self.call("GET", "/alert/text")
        except urllib.error.HTTPError as error:
            return None if error.code == 404 else error.read().decode()

    def requests(self):
        """What the page asked for, itself and data: URLs not counted."""
        urls = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return [url for url in urls if not url.startswith(("data:", f"file://{self.browser.directory}/"))]


class HtmlReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.desktop = Browser(cls.driver)
        cls.addClassCleanup(cls.desktop.end)

    def assert_calm(self, page):
        self.assertIsNone(page.alert())
        self.assertEqual(page.requests(), [])
        self.assertEqual([e for e in page.log("browser") if e["level"] in ("SEVERE", "WARNING")], [])

    def test_hostile_names_stay_text(self):
        page = Page(self.desktop, "hostile")
        page.run("for (const d of document.querySelectorAll('details')) d.open = true")
        self.assertTrue(page.run("return document.querySelector('h1').textContent")
                        .startswith("<script>alert(1)</script>\"onmouseover="))
        self.assertEqual(page.run("return document.querySelectorAll('script').length"), 1)
        self.assertEqual(page.run("return document.querySelectorAll('style').length"), 1)
        self.assertEqual(page.run("return document.querySelectorAll('img, iframe, object').length"), 0)
        self.assertEqual(page.run(
            """return [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
               .filter(attribute => attribute.name.startsWith('on') || attribute.name === 'style').length"""), 0)
        self.assertFalse(page.run("return /[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.textContent)"))
        self.assert_calm(page)

    def test_the_page_is_calm_and_says_the_verdict_first(self):
        page = Page(self.desktop, "sample")
        self.assertEqual(page.text("h1"), "1 definite leak: 3,200 B in handle_leak (service.cpp:41)")
        self.assertIn("partial", page.text(".banner h2"))
        self.assertEqual(page.text("#shown"), "5 shown")
        self.assert_calm(page)

    def test_a_script_that_is_not_ours_does_not_run(self):
        page = Page(self.desktop, "sample")
        page.run("""const script = document.createElement('script');
            script.textContent = 'document.title = "changed"'; document.body.append(script);""")
        self.assertNotEqual(page.run("return document.title"), "changed")

    def test_columns_sort_both_ways(self):
        page = Page(self.desktop, "sample")
        self.assertEqual(page.order(), ["site-1", "site-2", "site-3", "site-4", "site-5"])
        page.click("[data-sort=bytes]")
        self.assertEqual(page.order(), ["site-2", "site-5", "site-1", "site-4", "site-3"])
        page.click("[data-sort=bytes]")
        self.assertEqual(page.order(), ["site-3", "site-4", "site-1", "site-5", "site-2"])
        page.click("[data-sort=where]")
        self.assertEqual(page.order()[0], "site-2")  # Cache::insert

    def test_filters_by_text_kind_and_status(self):
        page = Page(self.desktop, "sample")
        page.type("#filter", "cache service")
        self.assertEqual(page.order(), ["site-2"])
        self.assertEqual(page.text("#shown"), "1 of 5 shown")
        page.type("#filter", "\ue009a\ue000\ue003")  # select all, delete
        self.assertEqual(len(page.order()), 5)
        page.click("#kind option[value=race]")
        self.assertEqual(page.order(), ["site-3"])
        page.click("#kind option[value='']")
        page.click("#status option[value=known]")
        self.assertEqual(page.order(), ["site-2"])
        page.click("#status option[value='']")
        page.click(".tiles a[data-kind=possible_leak]")
        self.assertEqual(page.order(), ["site-4"])

    def test_a_site_opens_its_stack_and_source_and_what_it_holds(self):
        page = Page(self.desktop, "sample")
        self.assertFalse(page.shown("#site-1 .body"))
        page.click("#site-1 > summary")
        self.assertIn("std::malloc(100)", page.text("#site-1 mark"))
        self.assertIn("handle_leak", page.text("#site-1 .here"))
        self.assertFalse(page.shown("#site-1 .folded li"))
        page.click("#frames")
        self.assertTrue(page.shown("#site-1 .folded li"))
        page.click("#site-1-1 > summary")
        self.assertIn("make_node", page.text("#site-1-1 .here"))

    def test_works_by_keyboard(self):
        page = Page(self.desktop, "sample")
        page.press("/")
        self.assertEqual(page.run("return document.activeElement.id"), "filter")
        page.run("document.querySelector('#site-2 > summary').focus()")
        page.press("\ue007")  # enter
        self.assertTrue(page.shown("#site-2 .body"))

    def test_the_chart_shows_the_values_under_the_pointer(self):
        page = Page(self.desktop, "sample")
        plot = page.call("POST", "/element", {"using": "css selector", "value": "#memory .plot.wide"})
        page.call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
            "actions": [{"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": plot}]}]})
        self.assertRegex(page.text("#memory .tip"), r"rss at 5\.5 s: 16\.2 MiB\nheap at 5\.5 s")

    def test_the_theme_can_be_chosen(self):
        page = Page(self.desktop, "sample")
        colour = "return getComputedStyle(document.body).backgroundColor"
        light = page.run(colour)
        page.click("#theme")
        self.assertNotEqual(page.run(colour), light)
        page.click("#theme")
        self.assertEqual(page.run(colour), light)

    def test_reads_without_scripts(self):
        page = Page(self.desktop, "sample", scripts=False)
        self.assertFalse(page.shown("#theme"))
        self.assertFalse(page.shown(".tools"))
        self.assertTrue(page.shown("#memory .plot.wide"))
        page.click("#site-1 > summary")
        self.assertIn("std::malloc(100)", page.text("#site-1 mark"))

    def test_fits_a_phone(self):
        phone = Browser(self.driver, phone=True)
        self.addCleanup(phone.end)
        for sample in ("sample", "hostile", "clean", "failed"):
            with self.subTest(sample):
                page = Page(phone, sample)
                page.run("for (const d of document.querySelectorAll('details')) d.open = true")
                self.assertEqual(page.run("return innerWidth"), 390)
                self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 390)

    def test_a_clean_run_says_so(self):
        page = Page(self.desktop, "clean")
        self.assertEqual(page.text(".verdict .mark").lower(), "clean")
        self.assertEqual(page.text(".empty"), "Nothing was found.")
        self.assert_calm(page)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[1:], verbosity=2)
