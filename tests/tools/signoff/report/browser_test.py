#!/usr/bin/env python3
"""The report of a campaign in a real browser: browser_test.py PRINT_SIGNOFF"""

import base64
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "lib" / "report"))
import browser  # noqa: E402

PRINT = sys.argv.pop(1) if len(sys.argv) > 1 else ""
SAMPLES = ["sample", "hostile", "passed", "rehearsal"]


class SignoffReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.desktop = browser.Browser(cls.driver)
        cls.addClassCleanup(cls.desktop.end)

    def page(self, sample, where=None, scripts=True):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return browser.Page(where or self.desktop, [PRINT, directory.name, sample], scripts)

    def test_is_calm_and_loads_nothing(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                page = self.page(sample)
                page.run("for (const d of document.querySelectorAll('details')) d.open = true")
                self.assertIsNone(page.alert())
                self.assertEqual(page.requests(), [])
                self.assertEqual([e for e in page.log("browser")
                                  if e["level"] in ("SEVERE", "WARNING")], [])

    def test_the_verdict_is_a_word_a_sign_and_a_sentence(self):
        page = self.page("sample")
        self.assertEqual(page.text(".verdict .mark"), "Failed")
        self.assertTrue(page.shown(".verdict .mark svg"))
        self.assertTrue(page.text("h1").startswith("2 of 9 rules do not hold"))
        self.assertIn("Rehearsal at 1 %", self.page("rehearsal").text(".rehearsal"))

    def test_every_rule_is_shown(self):
        page = self.page("sample")
        rows = page.run("""return [...document.querySelectorAll('.rules tbody tr')].filter(
            row => row.getBoundingClientRect().height > 0).map(row => row.querySelector('code').textContent)""")
        self.assertEqual(len(rows), 9)
        self.assertIn("connected >= 95%", rows)
        self.assertEqual(page.run("return document.querySelectorAll('.against').length"), 6)

    def test_a_rule_of_the_verdict_leads_to_its_row(self):
        page = self.page("sample")
        page.click(".open a")
        self.assertEqual(page.run("return document.querySelector(':target').id"), "rule-1")

    def test_hostile_names_stay_text(self):
        page = self.page("hostile")
        self.assertEqual(page.run("return document.querySelectorAll('script').length"), 1)
        self.assertEqual(page.run("return document.querySelectorAll('style').length"), 2)
        self.assertEqual(page.run("return document.querySelectorAll('img, iframe, object').length"), 0)
        self.assertEqual(page.run(
            """return [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
               .filter(attribute => attribute.name.startsWith('on') || attribute.name === 'style').length"""), 0)
        self.assertEqual(page.run(
            """return [...document.querySelectorAll('a')].filter(
               a => !a.getAttribute('href').startsWith('#') && a.protocol !== 'file:').length"""), 0)
        self.assertFalse(page.run(
            "return /[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.textContent)"))

    def test_bars_and_graphics_stay_in_their_pictures(self):
        page = self.page("sample")
        self.assertEqual(page.run("""
            return [...document.querySelectorAll('.against, .gantt, .flame')].flatMap(plot => {
              const box = plot.getBoundingClientRect();
              return [...plot.querySelectorAll('rect, circle, line')].filter(part => {
                const b = part.getBoundingClientRect();
                return b.left < box.left - 1 || b.right > box.right + 1;
              }).map(part => part.outerHTML.slice(0, 80));
            })"""), [])

    def test_tables_have_heads_and_headings_do_not_skip(self):
        page = self.page("sample")
        self.assertEqual(page.run("""return [...document.querySelectorAll('th')].filter(
            th => !th.getAttribute('scope')).length"""), 0)
        levels = page.run("""return [...document.querySelectorAll('h1, h2, h3, h4')].map(
            h => Number(h.tagName[1]))""")
        self.assertEqual(levels[0], 1)
        self.assertEqual([b for a, b in zip(levels, levels[1:]) if b > a + 1], [])
        self.assertEqual(page.run("""return [...document.querySelectorAll('svg')].filter(
            svg => svg.getAttribute('aria-hidden') !== 'true' && !svg.getAttribute('aria-label')
              && !svg.querySelector('title')).length"""), 0)

    def test_reads_without_scripts(self):
        page = self.page("sample", scripts=False)
        self.assertFalse(page.shown("#theme"))
        self.assertTrue(page.shown(".rules"))

    def test_fits_a_phone(self):
        phone = browser.Browser(self.driver, phone=True)
        self.addCleanup(phone.end)
        for sample in SAMPLES:
            with self.subTest(sample):
                page = self.page(sample, phone)
                page.run("for (const d of document.querySelectorAll('details')) d.open = true")
                self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 390)

    def test_prints_on_a4(self):
        page = self.page("sample")
        pdf = base64.b64decode(page.call("POST", "/print", {"page": {"width": 21.0, "height": 29.7},
                                                            "background": True}))
        self.assertTrue(pdf.startswith(b"%PDF-"))
        self.assertTrue(3 <= pdf.count(b"/Type /Page\n") <= 10, pdf.count(b"/Type /Page\n"))
        page.call("POST", "/goog/cdp/execute",
                  {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}})
        page.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": False}})
        self.assertEqual(page.run("return getComputedStyle(document.body).backgroundColor"),
                         "rgb(255, 255, 255)")
        self.assertEqual(page.run("return getComputedStyle(document.querySelector('.rules thead')).display"),
                         "table-header-group")
        self.assertFalse(page.shown("#theme"))
        self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 700)


if __name__ == "__main__":
    unittest.main()
