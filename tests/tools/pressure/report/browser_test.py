#!/usr/bin/env python3
"""The report of a load in a real browser: browser_test.py PRINT_LOAD_REPORT"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "lib" / "report"))
import browser  # noqa: E402

PRINT = sys.argv.pop(1) if len(sys.argv) > 1 else ""


class LoadReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)

    def page(self, where, scripts=True):
        return browser.Page(where, [PRINT, self.directory.name, "html"], scripts)

    def test_is_calm_and_loads_nothing(self):
        desktop = browser.Browser(self.driver)
        self.addCleanup(desktop.end)
        page = self.page(desktop)
        self.assertTrue(page.text("h1").startswith("1 of 6 limits is crossed"))
        self.assertIsNone(page.alert())
        self.assertEqual(page.requests(), [])
        self.assertEqual([e for e in page.log("browser") if e["level"] in ("SEVERE", "WARNING")], [])

    def test_nothing_is_drawn_outside_of_its_chart(self):
        desktop = browser.Browser(self.driver)
        self.addCleanup(desktop.end)
        page = self.page(desktop)
        self.assertEqual(page.run("""
            return [...document.querySelectorAll('.plot.wide')].flatMap(plot => {
              const box = plot.getBoundingClientRect();
              return [...plot.querySelectorAll('path, text, line')].filter(part => {
                const b = part.getBoundingClientRect();
                return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1
                  || b.bottom > box.bottom + 1;
              }).map(part => part.outerHTML.slice(0, 80));
            })"""), [])

    def test_fits_a_phone(self):
        phone = browser.Browser(self.driver, phone=True)
        self.addCleanup(phone.end)
        page = self.page(phone)
        self.assertEqual(page.run("return innerWidth"), 390)
        self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 390)


if __name__ == "__main__":
    unittest.main()
