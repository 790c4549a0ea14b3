#!/usr/bin/env python3
"""How fast the viewer's page opens and moves: viewer_frames.py PAGE

Opens the page in headless Chromium (which draws without a GPU), and moves it for a few
seconds, one step a frame: zooms in and out around several places, pans from end to end,
scrolls. Prints one line, numbers in milliseconds:

    open=1234 frame_median=16.7 frame_p99=17.1 draw_median=2.1 draw_p99=6.0 cpu=8.1 boxes=5000

`open` is from the start of the navigation to the first drawing of the graph, `frame` the
time between two frames, `draw` what the page itself takes of it, `cpu` the CPU time of all
of the browser's processes by frame (what other programs on the machine do is not in it),
`boxes` the most that one frame had.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/lib/report"))
import browser  # pylint: disable=wrong-import-position

OPENED = """
const done = arguments[arguments.length - 1];
const look = () => {
  if (window.tidemark && tidemark.ready && tidemark.panes[0].drawn > 0) done(performance.now());
  else setTimeout(look, 5);
};
look();
"""

MOVE = """
const done = arguments[arguments.length - 1];
const canvas = document.querySelector('.graph');
const box = canvas.getBoundingClientRect();
const wheel = (more) => canvas.dispatchEvent(new WheelEvent('wheel',
    {bubbles: true, cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 50, ...more}));
const steps = [];
const repeat = (times, more) => { for (let i = 0; i < times; i++) steps.push(more); };
for (const share of [0.1, 0.5, 0.9]) {
  const clientX = box.left + share * box.width;
  repeat(60, {deltaY: -40, ctrlKey: true, clientX});
  repeat(40, {deltaX: 60});
  repeat(15, {deltaY: -30});
  repeat(60, {deltaY: 40, ctrlKey: true, clientX});
}
repeat(20, {deltaY: -40, ctrlKey: true});
repeat(120, {deltaX: 150});
const frames = [], draws = [];
let at = 0, last = 0, most = 0;
const step = (now) => {
  if (last) frames.push(now - last);
  last = now;
  if (at === steps.length) {
    const place = (list, share) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)];
    done({steps: steps.length, frames: [0.5, 0.99].map((s) => place(frames, s)), draws: [0.5, 0.99].map((s) => place(draws, s)), most});
    return;
  }
  let started = 0;  // callbacks of a frame run in the order in which they were asked for
  requestAnimationFrame(() => { started = performance.now(); });
  wheel(steps[at++]);
  requestAnimationFrame((next) => {
    draws.push(performance.now() - started);
    most = Math.max(most, tidemark.drawn);
    step(next);
  });
};
requestAnimationFrame(step);
"""


def cpu_seconds(group):
    """Of all processes of a process group, so far."""
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main():
    page = pathlib.Path(sys.argv[1]).resolve()
    driver = browser.Driver()
    try:
        where = browser.Browser(driver)
        call = lambda method, path, body: driver.call(method, where.session + path, body)
        call("POST", "/timeouts", {"script": 55_000, "pageLoad": 55_000})
        call("POST", "/url", {"url": "about:blank"})
        call("POST", "/url", {"url": page.as_uri()})
        opened = call("POST", "/execute/async", {"script": OPENED, "args": []})
        time.sleep(1)  # what the browser does after a page has opened is not the page's speed
        before = cpu_seconds(driver.process.pid)
        moved = call("POST", "/execute/async", {"script": MOVE, "args": []})
        cpu = 1000 * (cpu_seconds(driver.process.pid) - before) / moved["steps"]
        where.end()
    finally:
        driver.end()
    print(f"open={opened:.0f} frame_median={moved['frames'][0]:.1f} frame_p99={moved['frames'][1]:.1f} "
          f"draw_median={moved['draws'][0]:.1f} draw_p99={moved['draws'][1]:.1f} cpu={cpu:.1f} boxes={moved['most']}")


main()
