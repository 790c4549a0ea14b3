"""A browser that a test drives: Chromium over chromedriver (W3C WebDriver,
https://www.w3.org/TR/webdriver2/), with nothing but the standard library."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

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
    """A page that a program printed, shown in a browser; `fragment` follows its address."""

    def __init__(self, browser, command, scripts=True, fragment=""):
        self.browser = browser
        report = pathlib.Path(browser.directory, "report.html")
        report.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE,
                                          timeout=60).stdout)
        self.call("POST", "/url", {"url": "about:blank"})
        self.log("performance")  # what came before is not the page's
        self.log("browser")
        self.call("POST", "/goog/cdp/execute",
                  {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": not scripts}})
        self.call("POST", "/url", {"url": report.as_uri() + fragment})

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
