#!/usr/bin/env python3
"""The html report in a real browser: browser_test.py PRINT_SAMPLE"""

import sys
import unittest

import browser

PRINT_SAMPLE = sys.argv.pop(1) if len(sys.argv) > 1 else ""


class Page(browser.Page):
    """One report, shown in a browser."""

    def __init__(self, where, sample, scripts=True):
        super().__init__(where, [PRINT_SAMPLE, sample, "html"], scripts)

    def order(self):
        return self.run("""return [...document.querySelectorAll('#findings > .sites > .site')]
            .filter(site => !site.hidden).map(site => site.id)""")


class HtmlReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.desktop = browser.Browser(cls.driver)
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
        phone = browser.Browser(self.driver, phone=True)
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
