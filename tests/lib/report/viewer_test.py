#!/usr/bin/env python3
"""The flame graph's page in a real browser: viewer_test.py PRINT_FLAME DATA

What the tests claim is read from the page: from its elements, and from window.tidemark,
which says what is drawn. sample_profiles.h says what the profiles hold.
"""

import pathlib
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import browser
from viewer_page import DOWN, ENTER, ESCAPE, LEFT, RIGHT, UP, Viewer

PRINT_FLAME, DATA = (sys.argv.pop(1), sys.argv.pop(1)) if len(sys.argv) > 2 else ("", "")
MOST_WITHOUT_DATA = 150_000  # bytes of the page


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.desktop = browser.Browser(cls.driver)
        cls.addClassCleanup(cls.desktop.end)

    def page(self, *arguments, **more):
        return Viewer(self.desktop, [PRINT_FLAME, *arguments], **more)

    def assert_calm(self, page):
        self.assertIsNone(page.alert())
        self.assertEqual([url for url in page.requests() if not url.startswith("blob:")], [])
        self.assertEqual([e for e in page.log("browser") if e["level"] in ("SEVERE", "WARNING")], [])

    def assert_range(self, page, start, end, index=0):
        pane = page.pane(index)
        self.assertAlmostEqual(pane["left"], start, delta=1e-6 * (pane["to"] - pane["from"]))
        self.assertAlmostEqual(pane["right"], end, delta=1e-6 * (pane["to"] - pane["from"]))


class Graph(Base):
    def test_one_file_without_requests_below_its_size_limit(self):
        page = self.page("sample")
        text = pathlib.Path(self.desktop.directory, "report.html").read_text(encoding="utf-8")
        data = re.search(r'<script type="application/octet-stream"[^>]*>([^<]*)</script>', text)[1]
        self.assertLess(len(text.encode()) - len(data), MOST_WITHOUT_DATA)
        self.assertEqual(page.run("return document.querySelector('h1').textContent"), "sample")
        self.assertEqual(page.get("total"), 1_000_000_000)
        self.assert_calm(page)

    def test_a_click_zooms_and_escape_zooms_out(self):
        page = self.page("sample")
        whole = page.pane()
        page.click_box("server-100/101")
        self.assertEqual(page.pane()["zoomed"], "server-100/101")
        self.assertAlmostEqual(page.pane()["right"] - page.pane()["left"], 0.6 * whole["to"], delta=1)
        page.press(ESCAPE)
        self.assertIsNone(page.pane()["zoomed"])
        self.assert_range(page, whole["from"], whole["to"])

    def test_flame_grows_up_and_icicle_down(self):
        page = self.page("sample")
        self.assertLess(page.box("main_loop(int)")["y"], page.box("server-100/101")["y"])
        page.press("2")
        self.assertEqual(page.get("state.view"), "icicle")
        self.assertGreater(page.box("main_loop(int)")["y"], page.box("server-100/101")["y"])

    def test_the_widest_first_when_asked(self):
        page = self.page("sample", fragment="#order=size")
        self.assertEqual(page.box("server-100/101")["x"], 0)

    def test_the_wheel_with_control_zooms_around_the_pointer(self):
        page = self.page("sample")
        page.run("""document.querySelector('.graph').dispatchEvent(new WheelEvent('wheel',
            {deltaY: -200, ctrlKey: true, clientX: 0, bubbles: true, cancelable: true}))""")
        page.settle()
        pane = page.pane()
        self.assertEqual(pane["left"], pane["from"])
        self.assertLess(pane["right"], 0.6 * pane["to"])

    def test_a_drag_moves_and_does_not_choose(self):
        page = self.page("sample", fragment="#view=icicle")
        page.click_box("server-100/101")
        before = page.pane()
        page.pointer(".graph", [(600, 50), (500, 50)])
        self.assertGreater(page.pane()["left"], before["left"])
        self.assertEqual(page.pane()["zoomed"], "server-100/101")

    def test_the_minimap_moves_what_is_shown(self):
        page = self.page("sample")
        page.click_box("client-200/200")
        page.pointer(".minimap", [(1000, 30)])
        self.assertGreater(page.pane()["left"], 0.5 * page.pane()["to"])

    def test_long_names_are_shortened_to_what_matters(self):
        page = self.page("sample")
        svg = xml.etree.ElementTree.fromstring(self.exported(page, "svg"))
        labels = [text for text in svg.itertext()]
        self.assertIn("std::vector<…>::push_back", labels)

    def exported(self, page, kind):
        with tempfile.TemporaryDirectory() as directory:
            page.call("POST", "/goog/cdp/execute", {"cmd": "Browser.setDownloadBehavior", "params": {
                "behavior": "allow", "downloadPath": directory}})
            page.click("#export summary")
            page.click(f"#export-{kind}")
            file = pathlib.Path(directory, f"sample.{kind}")
            while not file.exists():
                page.settle()
            return file.read_bytes()

    def test_the_view_is_saved_as_a_picture_and_a_table_as_text(self):
        page = self.page("sample", fragment="#view=sandwich")
        self.assertTrue(self.exported(page, "png").startswith(b"\x89PNG\r\n"))
        page.press("6")
        rows = self.exported(page, "csv").decode().splitlines()
        self.assertEqual(rows[0], '"Self","%","Total","%","Function","Module","Source"')
        self.assertEqual(rows[1], '"300 ms","30.0 %","300 ms","30.0 %","parse(Request const&)","server","main.cpp:40"')

    def test_a_stack_and_a_link_are_copied(self):
        page = self.page("sample")
        page.call("POST", "/goog/cdp/execute", {"cmd": "Browser.grantPermissions", "params": {
            "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}})
        pasted = lambda: page.call("POST", "/execute/async", {
            "script": "navigator.clipboard.readText().then(arguments[0], arguments[0])", "args": []})
        page.click_box("poll")
        page.press("c")
        self.assertEqual(pasted(), "server-100/101\nmain_loop(int)\npoll")
        page.press("l")
        self.assertEqual(pasted(), page.run("return location.href"))
        self.assertIn("zoom=", pasted())

    def test_light_and_dark_can_be_chosen(self):
        page = self.page("sample")
        colour = "return getComputedStyle(document.body).backgroundColor"
        light, dark = page.run(colour), page.get("dark")
        page.click("#theme")
        self.assertNotEqual(page.get("dark"), dark)
        self.assertNotEqual(page.run(colour), light)
        page.click("#theme")
        self.assertEqual(page.run(colour), light)

    def test_each_colouring_draws_and_says_what_it_means(self):
        page = self.page("sample")
        for colouring, entry in [("module", "libc"), ("package", "std"), ("recursion", "not recursive")]:
            page.choose("#colour", colouring)
            self.assertEqual(page.get("colour"), colouring)
            self.assertIn(entry, page.text(".legend"))
        page.choose("#colour", "hash")
        self.assertFalse(page.shown(".legend"))

    def test_values_are_switched_in_place(self):
        page = self.page("sample")
        page.choose("#value", "1")
        self.assertEqual((page.get("total"), page.get("unit")), (1000, "count"))
        self.assertEqual(page.box("server-100/101")["value"], 600)

    def test_the_same_page_twice_is_the_same_bytes(self):
        self.page("sample")
        file = pathlib.Path(self.desktop.directory, "report.html")
        first = file.read_bytes()
        self.page("sample")
        self.assertEqual(file.read_bytes(), first)


class Search(Base):
    def test_the_matched_share_counts_each_stack_once(self):
        page = self.page("sample")
        page.type("#search", "parse|main_loop")
        page.settle()
        self.assertAlmostEqual(page.get("matched.share"), 0.8)
        self.assertIn("80.0 % matched", page.text("#found"))

    def test_by_regular_expression_and_by_text_that_is_none(self):
        page = self.page("sample", fragment="#search=%5Epa.se%5C(")
        self.assertEqual(page.get("matched.functions"), 1)
        self.assertAlmostEqual(page.get("matched.share"), 0.3)
        page.change(search="push_back(")
        self.assertAlmostEqual(page.get("matched.share"), 0.2)

    def test_n_goes_from_match_to_match_and_round(self):
        page = self.page("sample", fragment="#search=main_loop")
        page.press("n")
        first = [box for box in page.pane()["boxes"] if box["focused"]][0]
        self.assertIn("1 of 2", page.text("#found"))
        page.press("n")
        second = [box for box in page.pane()["boxes"] if box["focused"]][0]
        self.assertGreater(second["x"], first["x"])
        page.press("n")
        self.assertIn("1 of 2", page.text("#found"))
        page.press("N")
        self.assertIn("2 of 2", page.text("#found"))

    def test_a_match_too_narrow_to_be_seen_is_brought_nearer(self):
        page = self.page("stacks", "20000", fragment="#search=function_17000")
        page.press("n")
        focused = [box for box in page.pane()["boxes"] if box["focused"]]
        self.assertGreater(focused[0]["width"], 20)

    def test_no_match_says_so(self):
        page = self.page("sample", fragment="#search=nothing_like_it")
        self.assertEqual(page.text("#found"), "no match")


class Keyboard(Base):
    def test_arrows_move_enter_zooms_escape_returns(self):
        page = self.page("sample", fragment="#view=icicle")
        page.press(DOWN, DOWN, RIGHT)  # the root, its widest callee, the one beside it
        self.assertEqual(page.get("selected"), "server-100/102")
        page.press(LEFT, DOWN, DOWN)
        self.assertEqual(page.get("selected"), "parse(Request const&)")
        page.press(UP)
        self.assertEqual(page.get("selected"), "main_loop(int)")
        page.press(ENTER)
        self.assertEqual(page.pane()["zoomed"], "main_loop(int)")
        page.press(ESCAPE)
        self.assertIsNone(page.pane()["zoomed"])

    def test_slash_searches_and_question_mark_helps(self):
        page = self.page("sample")
        page.press("/")
        self.assertEqual(page.run("return document.activeElement.id"), "search")
        page.press("p", "o", "l", "l", ENTER)
        self.assertEqual(page.get("selected"), "poll")
        page.press(ESCAPE)
        self.assertIsNone(page.get("matched"))
        page.press("?")
        self.assertTrue(page.shown("#help"))
        page.press(ESCAPE)
        self.assertFalse(page.shown("#help"))

    def test_what_is_selected_is_read_out(self):
        page = self.page("sample", fragment="#view=icicle")
        page.press(DOWN, DOWN)
        said = page.run("return document.querySelector('[aria-live]').textContent")
        self.assertIn("server-100/101: total 600 ms (60.0 %", said)
        self.assertEqual(page.run("return document.querySelector('.graph').getAttribute('role')"), "application")

    def test_keys_reach_each_view(self):
        page = self.page("sample")
        for key, view in zip("1234567", ("flame", "icicle", "sandwich", "calls", "tree", "functions", "time")):
            page.press(key)
            self.assertEqual(page.get("state.view"), view)
            self.assertEqual(page.run("return document.querySelector('[role=tab][aria-selected=true]').id"), f"tab-{view}")

    def test_the_tree_opens_and_closes(self):
        page = self.page("sample", fragment="#view=tree")
        page.run("document.querySelector('#views table').focus()")
        names = lambda: [re.sub("^[▸▾]", "", row[-1]) for row in page.rows()]
        page.press("\ue011")  # home
        page.press(LEFT)
        self.assertEqual(names(), ["server-100/101", "client-200/200", "server-100/102"])
        page.press(RIGHT)
        self.assertIn("poll", names())
        page.press(DOWN, DOWN)
        self.assertEqual(page.get("selected"), "parse(Request const&)")
        self.assertEqual(page.run("return document.querySelector('tr[aria-selected]').getAttribute('aria-level')"), "3")


class Tables(Base):
    def test_functions_count_a_recursive_one_once(self):
        page = self.page("sample", fragment="#view=functions")
        parse = [row for row in page.rows() if row[4] == "parse(Request const&)"][0]
        self.assertEqual(parse[:4], ["300 ms", "30.0 %", "300 ms", "30.0 %"])
        self.assertEqual(parse[5:], ["server", "main.cpp:40"])

    def test_headings_sort_both_ways(self):
        page = self.page("sample", fragment="#view=functions")
        page.click("#views th:nth-child(3) button")
        self.assertEqual(page.rows()[0][4], "main_loop(int)")
        page.click("#views th:nth-child(3) button")
        self.assertEqual(page.rows()[-1][4], "main_loop(int)")
        self.assertEqual(page.run("return document.querySelector('#views th:nth-child(3)').getAttribute('aria-sort')"), "ascending")

    def test_callers_and_callees_of_one_function(self):
        page = self.page("sample", fragment="#view=functions")
        page.click("#views tbody tr[data-row='0']")
        page.press("b")
        self.assertEqual(page.get("frame"), "parse(Request const&)")
        callers, callees = page.rows(".scroll:first-child"), page.rows(".scroll:last-child")
        self.assertEqual(callers, [["300 ms", "100 %", "main_loop(int)"], ["100 ms", "33.3 %", "parse(Request const&)"]])
        self.assertEqual(callees, [["100 ms", "33.3 %", "parse(Request const&)"]])
        page.click(".scroll:first-child tbody tr[data-row='0'] .link")
        page.settle()
        self.assertEqual(page.get("frame"), "main_loop(int)")

    def test_sandwich_has_callers_above_and_callees_below(self):
        page = self.page("sample")
        page.click_box("main_loop(int)")
        page.press("s")
        self.assertEqual(page.get("frame"), "main_loop(int)")
        self.assertEqual(page.names(0), {"main_loop(int)", "server-100/101", "server-100/102"})
        self.assertIn("schedule", page.names(1))
        self.assertNotIn("client-200/200", page.names(1))
        self.assertEqual(page.box("server-100/102", 0)["value"], 200_000_000)
        self.assertEqual(page.box("main_loop(int)", 1)["value"], 800_000_000)

    def test_the_tree_bottom_up_starts_with_self(self):
        page = self.page("sample", fragment="#view=tree&bottomUp=true")
        first = page.rows()[0]
        self.assertEqual((first[0], first[-1].lstrip("▾▸")), ("300 ms", "parse(Request const&)main.cpp:40"))


class Filters(Base):
    def test_a_process_is_left_out(self):
        page = self.page("sample")
        page.click("#open-filters")
        page.run("""[...document.querySelectorAll('#filters li')].find(item => item.textContent.includes('client'))
            .querySelector('input').click()""")
        page.settle()
        self.assertEqual(page.get("total"), 800_000_000)
        self.assertIn("80.0 % of the whole", page.text("#filters .hint"))

    def test_all_threads_of_a_process_are_left_out_together(self):
        page = self.page("sample")
        page.click("#open-filters")
        page.run("""[...document.querySelectorAll('#filters li')].find(item => item.textContent.startsWith('server-100only'))
            .querySelector('input').click()""")
        page.settle()
        self.assertEqual(page.get("total"), 200_000_000)
        self.assertEqual(page.get("state.filters.roots"), ["server-100/101", "server-100/102"])

    def test_a_module_left_out_counts_for_its_callers(self):
        page = self.page("sample", fragment="#hidden=%5B%22libc%22%5D")
        self.assertEqual(page.get("total"), 1_000_000_000)
        self.assertNotIn("malloc", page.names())
        self.assertEqual(page.box("std::vector<Row, std::allocator<Row> >::push_back(Row const&)")["value"], 200_000_000)
        self.assertIn("schedule", page.names())

    def test_only_one_module(self):
        page = self.page("sample", fragment="#only=%5B%22kernel%22%5D")
        self.assertNotIn("main_loop(int)", page.names())
        self.assertEqual(page.box("schedule")["value"], 100_000_000)

    def test_my_code_only(self):
        page = self.page("sample", fragment="#mine=true")
        self.assertIn("main_loop(int)", page.names())
        self.assertTrue(page.names().isdisjoint({"malloc", "read", "schedule"}))

    def test_recursion_is_folded(self):
        page = self.page("sample")
        count = lambda: len([box for box in page.pane()["boxes"] if box["name"].startswith("parse")])
        self.assertEqual(count(), 2)
        page.change(folded="true")
        self.assertEqual(count(), 1)

    def test_only_stacks_with_a_function_and_without_another(self):
        page = self.page("sample", fragment="#having=main_loop&without=parse")
        self.assertEqual(page.get("total"), 500_000_000)

    def test_a_filter_is_dropped_by_its_chip(self):
        page = self.page("sample", fragment="#having=parse")
        self.assertIn("30.0 % shown", page.text(".chips"))
        page.click(".chip button")
        page.settle()
        self.assertEqual(page.get("total"), 1_000_000_000)
        self.assertFalse(page.shown(".chips"))


class Time(Base):
    def test_a_stretch_of_time_recomputes_everything(self):
        page = self.page("sample")
        page.brush(0.25, 0.75)
        self.assertAlmostEqual(page.get("total"), 500_000_000, delta=10_000_000)
        page.press("6")
        self.assertRegex(page.rows()[0][0], r"^1[45]\d ms$")  # parse: 300 ms in all
        page.press("1")
        page.click(".chip button")
        page.settle()
        self.assertEqual(page.get("total"), 1_000_000_000)

    def test_samples_lie_in_the_order_of_time_a_lane_for_each_thread(self):
        page = self.page("sample", fragment="#view=time")
        boxes = page.pane()["boxes"]
        lanes = [box["name"] for box in sorted(boxes, key=lambda box: box["y"]) if box["width"] > 1000]
        self.assertEqual(lanes, ["server-100/101", "client-200/200", "server-100/102"])
        # Turn 0 of ten is parse's, 30 ms of 3 s; turn 3 is the client's.
        parse = min((box for box in boxes if box["name"].startswith("parse")), key=lambda box: box["x"])
        self.assertAlmostEqual(parse["value"], 30e6, delta=3e6)
        send = min((box for box in boxes if box["name"] == "send"), key=lambda box: box["x"])
        self.assertGreater(send["x"], parse["x"] + 2 * parse["width"])

    def test_the_strip_answers_to_keys(self):
        page = self.page("sample")
        page.run("document.querySelector('.strip').focus()")
        page.press(ENTER)
        self.assertAlmostEqual(page.get("total"), 200_000_000, delta=5_000_000)
        page.press(ESCAPE)
        self.assertEqual(page.get("total"), 1_000_000_000)


class Difference(Base):
    def test_widths_are_as_after_before_or_the_larger(self):
        page = self.page("difference")
        self.assertEqual(page.get("colour"), "difference")
        self.assertEqual((page.get("total"), "legacy" in page.names()), (880, False))
        page.choose("#widths", "before")
        self.assertEqual((page.get("total"), "modern" in page.names()), (750, False))
        page.choose("#widths", "both")
        self.assertEqual(page.get("total"), 300 + 200 + 50 + 80 + 400)
        self.assertTrue({"legacy", "modern"} <= page.names())

    def test_what_changed_most_comes_first_and_what_is_gone_says_so(self):
        page = self.page("difference", fragment="#view=changes")
        rows = page.rows()
        self.assertEqual(rows[0], ["+200", "100", "300", "+200", "100", "300", "parse", ""])
        self.assertEqual(rows[1][0], "−100")
        tags = {row[6]: row[7] for row in rows}
        self.assertEqual((tags["legacy"], tags["modern"], tags["main"]), ("gone", "new", ""))
        self.assertNotIn("steady", tags)

    def test_callers_carry_the_change_of_what_they_call(self):
        page = self.page("difference")
        page.click_box("run")
        self.assertIn("750 → 880 (+130, +17.3 %)", page.text("#details"))

    def test_normalised_compares_shares(self):
        page = self.page("difference")
        page.click("#normalised")
        page.settle()
        page.click_box("run")
        self.assertIn("880 → 880 (0, 0.0 %)", page.text("#details"))


class Links(Base):
    def test_an_address_brings_back_the_view(self):
        page = self.page("sample", fragment="#view=icicle")
        page.choose("#colour", "module")
        page.type("#search", "parse")
        page.settle()
        page.run("document.activeElement.blur()")
        page.click_box("server-100/101")
        again = self.page("sample", fragment=page.run("return location.hash"))
        self.assertEqual(again.get("state.view"), "icicle")
        self.assertEqual(again.get("colour"), "module")
        self.assertEqual(again.pane()["zoomed"], "server-100/101")
        self.assertAlmostEqual(again.get("matched.share"), 0.3)

    def test_time_and_filters_are_in_the_address(self):
        page = self.page("sample")
        page.brush(0.5, 1)
        total, address = page.get("total"), page.run("return location.hash")
        again = self.page("sample", fragment=address + "&mine=true")
        self.assertEqual(again.get("total"), total)
        self.assertNotIn("malloc", again.names())

    def test_a_damaged_address_does_no_harm(self):
        page = self.page("sample", fragment="#view=__proto__&value=99&zoom=123456789&window=9-1&only=%5B1&frame=-3&search=(")
        self.assertEqual((page.get("state.view"), page.get("total")), ("flame", 1_000_000_000))
        self.assert_calm(page)


class Hostile(Base):
    def test_names_stay_text_in_every_view(self):
        page = self.page("hostile")
        for key in "12345678":
            page.press(key)
            page.press(DOWN, DOWN)
            self.assertEqual(page.run("return document.title"), "<img src=x onerror=alert(1)> · Tidemark")
            self.assertEqual(page.run("return document.querySelectorAll('img, iframe, object, b script').length"), 0)
            self.assertEqual(page.run("return document.querySelectorAll('script').length"), 2)
            self.assertFalse(page.run("return /[\\u0000-\\u0008\\u001b\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.textContent)"))
        page.press("f")
        self.assertTrue(page.shown("#filters"))
        self.assert_calm(page)

    def test_names_that_objects_have_are_functions(self):
        page = self.page("hostile", fragment="#view=functions")
        self.assertTrue({"__proto__", "constructor"} <= {row[4] for row in page.rows()})

    def test_a_script_that_is_not_ours_does_not_run(self):
        page = self.page("sample")
        page.run("""const script = document.createElement('script');
            script.textContent = 'document.title = "changed"'; document.body.append(script);""")
        self.assertNotEqual(page.run("return document.title"), "changed")

    def test_a_page_whose_data_is_cut_says_so(self):
        page = self.page("sample", scripts=False)
        file = pathlib.Path(self.desktop.directory, "cut.html")
        text = pathlib.Path(self.desktop.directory, "report.html").read_text(encoding="utf-8")
        file.write_text(re.sub(r'(octet-stream"[^>]*>.{400})[^<]*', r"\1", text), encoding="utf-8")
        page.call("POST", "/goog/cdp/execute",
                  {"cmd": "Emulation.setScriptExecutionDisabled", "params": {"value": False}})
        page.call("POST", "/url", {"url": file.as_uri()})
        page.call("POST", "/timeouts", {"implicit": 10_000})
        self.assertTrue(page.element(".failed"))
        self.assertIn("cannot show its profile", page.text(".failed h1"))
        page.call("POST", "/timeouts", {"implicit": 0})

    def test_reads_without_scripts(self):
        page = self.page("sample", scripts=False)
        self.assertIn("parse(Request const&)", page.text(".plain table"))
        self.assertIn("30.00%", page.text(".plain table"))


class Deep(Base):
    def test_a_stack_of_100000_frames_is_drawn_and_walked(self):
        page = self.page("deep", "100000")
        self.assertEqual(page.pane()["rows"], 100_001)
        page.press("s")
        self.assertEqual(page.get("state.view"), "sandwich")
        page.press("5")
        self.assertGreater(len(page.rows()), 10)
        self.assert_calm(page)


class Phone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.driver = browser.Driver()
        cls.addClassCleanup(cls.driver.end)
        cls.phone = browser.Browser(cls.driver, phone=True)
        cls.addClassCleanup(cls.phone.end)

    def test_every_view_fits(self):
        page = Viewer(self.phone, [PRINT_FLAME, "sample"])
        for view in ("flame", "icicle", "sandwich", "calls", "tree", "functions", "time"):
            page.change(view=view)
            self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), 390, view)

    def test_a_tap_zooms(self):
        page = Viewer(self.phone, [PRINT_FLAME, "sample"])
        page.click_box("server-100/101", "touch")
        self.assertEqual(page.pane()["zoomed"], "server-100/101")

    def test_two_fingers_zoom(self):
        page = Viewer(self.phone, [PRINT_FLAME, "sample"])
        x, y = page.run("""const box = document.querySelector('.graph').getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2]""")
        touch = lambda kind, *places: page.call("POST", "/goog/cdp/execute", {
            "cmd": "Input.dispatchTouchEvent", "params": {"type": kind, "touchPoints": [
                {"x": x + by, "y": y, "id": i} for i, by in enumerate(places)]}})
        touch("touchStart", -20, 20)
        for by in (40, 60, 80):
            touch("touchMove", -by, by)
        touch("touchEnd")
        page.settle()
        pane = page.pane()
        self.assertLess(pane["right"] - pane["left"], 0.5 * (pane["to"] - pane["from"]))


class Real(Base):
    """perf's recordings of real programs: see record.sh beside them."""

    def open(self, name):
        page = self.page("perf", f"{DATA}/{name}.perf.txt.gz")
        self.assert_calm(page)
        return page

    def check_views(self, page, function):
        total = page.get("total")
        page.change(search=function, view="flame")
        self.assertGreater(page.get("matched.share"), 0)
        page.press("n", ENTER)
        self.assertEqual(page.get("selected"), function)
        self.assertEqual(page.pane()["zoomed"], function)
        page.press("s")
        self.assertEqual(page.get("frame"), function)
        self.assertIn(function, page.names(1))
        share = page.pane(1)["to"] / total
        page.press("6")
        rows = {row[4]: row for row in page.rows()}
        if function in rows:
            self.assertAlmostEqual(float(rows[function][3].rstrip(" %")), 100 * share, delta=0.06)
        self.assert_calm(page)

    def test_postgresql(self):
        self.check_views(self.open("postgres"), "PostgresMain")

    def test_redis(self):
        self.check_views(self.open("redis"), "readQueryFromClient")

    def test_gpp(self):
        page = self.open("gpp")
        self.assertTrue(any(box["name"].startswith("cc1plus") for box in page.pane()["boxes"]))
        self.check_views(page, "handle_mm_fault")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[1:], verbosity=2)
