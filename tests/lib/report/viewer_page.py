"""The flame graph's page under a test's hands: what is drawn, and how a reader acts on it."""

import browser

LEFT, UP, RIGHT, DOWN, ENTER, ESCAPE = "\ue012", "\ue013", "\ue014", "\ue015", "\ue007", "\ue00c"

READY = """
const done = arguments[arguments.length - 1];
const look = () => {
  if (document.readyState === 'complete' && window.tidemark && tidemark.ready) {
    requestAnimationFrame(() => requestAnimationFrame(() => tidemark.ready ? done(true) : look()));
  } else {
    requestAnimationFrame(look);
  }
};
look();
"""


class Viewer(browser.Page):
    def __init__(self, where, command, fragment="", scripts=True):
        super().__init__(where, command, scripts, fragment)
        if scripts:
            self.settle()

    def settle(self):
        """Until nothing is computed or moving any more."""
        self.call("POST", "/timeouts", {"script": 60_000})
        self.call("POST", "/execute/async", {"script": READY, "args": []})
        before = None
        while (now := self.run("return JSON.stringify(tidemark.panes)")) != before:
            before = now
            self.call("POST", "/execute/async", {"script": READY, "args": []})

    def get(self, what):
        return self.run(f"return tidemark.{what}")

    def pane(self, index=0):
        return self.get(f"panes[{index}]")

    def names(self, index=0):
        return {box["name"] for box in self.pane(index)["boxes"]}

    def box(self, name, index=0):
        found = [box for box in self.pane(index)["boxes"] if box["name"] == name]
        assert found, f"no box {name!r} among {sorted(self.names(index))}"
        return found[0]

    def pointer(self, selector, steps, kind="mouse"):
        """Moves a pointer through places in an element, pressed from the first to the last."""
        canvas = self.call("POST", "/element", {"using": "css selector", "value": selector})
        width, height = self.run(f"""const box = document.querySelector({selector!r}).getBoundingClientRect();
            return [box.width, box.height]""")
        moves = [{"type": "pointerMove", "duration": 0, "origin": canvas,
                  "x": round(x - width / 2), "y": round(y - height / 2)} for x, y in steps]
        moves.insert(1, {"type": "pointerDown", "button": 0})
        self.call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": kind, "parameters": {"pointerType": kind},
            "actions": [*moves, {"type": "pointerUp", "button": 0}]}]})
        self.settle()

    def click_box(self, name, kind="mouse"):
        box = self.box(name)
        place = (max(0, box["x"]) + min(box["width"], 200) / 2, box["y"] + 8)
        self.pointer(".graph", [place], kind)

    def press(self, *keys):
        for key in keys:
            super().press(key)
        self.settle()

    def change(self, **values):
        """As a reader who changes the address."""
        pairs = "&".join(f"{name}={value}" for name, value in values.items())
        self.run(f"location.hash = {pairs!r}")
        self.settle()

    def choose(self, selector, value):
        self.click(f"{selector} option[value='{value}']")
        self.settle()

    def rows(self, selector="table"):
        return self.run(f"""return [...document.querySelectorAll('#views {selector} tbody tr[data-row]')]
            .map(row => [...row.children].map(cell => cell.textContent))""")

    def brush(self, from_share, to_share):
        width = self.run("return document.querySelector('.strip').clientWidth")
        self.pointer(".strip", [(from_share * width, 20), (to_share * width, 20)])
