// What makes a flame graph's SVG answer: zoom by click or Enter, search by
// regular expression with Ctrl-F, F3 or the label, both kept in the address.
// Set before this runs: fontsize, fontwidth, xpad, inverted, imagewidth, nametype.
var frames = [], zoomed = 0, term = "", ignorecase = false;

function init() {
  var groups = document.getElementById("frames").children;
  for (var i = 0; i < groups.length; i++) {
    var group = groups[i], rect = group.querySelector("rect"), title = group.querySelector("title");
    var name = title.textContent.replace(/ \([^(]*\)$/, "");
    frames.push({group: group, rect: rect, text: group.querySelector("text"), name: name,
                 x: +rect.getAttribute("x"), y: +rect.getAttribute("y"),
                 width: +rect.getAttribute("width"), fill: rect.getAttribute("fill")});
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
  }
  var root = document.documentElement;
  root.addEventListener("click", onclick_, false);
  root.addEventListener("mouseover", onover, false);
  root.addEventListener("focusin", onover, false);
  root.addEventListener("mouseout", function () { say("details", " "); }, false);
  window.addEventListener("keydown", onkey, false);
  window.addEventListener("popstate", restore, false);
  restore();
}

function at(target) {
  var group = target.closest ? target.closest("#frames > *") : null;
  return group ? Array.prototype.indexOf.call(group.parentNode.children, group) : -1;
}
function say(id, text) { document.getElementById(id).textContent = text; }
function show(id, on) { document.getElementById(id).setAttribute("class", on ? "" : "hide"); }

function onover(event) {
  var i = at(event.target);
  if (i >= 0) say("details", nametype + " " + frames[i].group.querySelector("title").textContent);
}
function onclick_(event) {
  var id = event.target.id;
  if (id === "unzoom") return remember(zoom(0));
  if (id === "search") return ask();
  var i = at(event.target);
  if (i >= 0) remember(zoom(i));
}
function onkey(event) {
  if (event.key === "F3" || (event.ctrlKey && event.key === "f")) { event.preventDefault(); ask(); }
  else if (event.ctrlKey && event.key === "i") {
    event.preventDefault(); ignorecase = !ignorecase; find(term); remember();
  } else if (event.key === "Escape") { find(""); zoom(0); remember(); }
  else if (event.key === "Enter" || event.key === " ") {
    var i = at(document.activeElement || event.target);
    if (i >= 0) { event.preventDefault(); zoom(i); remember(); }
  }
}

function label(frame, x, width) {
  var fits = Math.floor(width / (fontsize * fontwidth)), name = frame.name;
  frame.text.setAttribute("x", x + 3);
  frame.text.textContent = fits < 3 ? "" : name.length <= fits ? name : name.slice(0, fits - 2) + "..";
}

function zoom(index) {
  var to = frames[index], left = to.x, right = to.x + to.width;
  var ratio = (imagewidth - 2 * xpad) / to.width, slack = 0.06;
  zoomed = index;
  frames.forEach(function (frame) {
    var below = inverted ? frame.y < to.y : frame.y > to.y, end = frame.x + frame.width;
    var holds = below && frame.x <= left + slack && end >= right - slack;
    var inside = !below && frame.x >= left - slack && end <= right + slack;
    frame.group.setAttribute("class", holds && index ? "parent" : holds || inside ? "" : "hide");
    if (!holds && !inside) return;
    var x = holds ? xpad : xpad + (frame.x - left) * ratio;
    var width = holds ? imagewidth - 2 * xpad : frame.width * ratio;
    frame.rect.setAttribute("x", x);
    frame.rect.setAttribute("width", width);
    label(frame, x, width);
  });
  show("unzoom", index !== 0);
}

function ask() {
  if (term) { find(""); remember(); return; }
  var given = prompt("Search for a function, by text or regular expression"
                     + (ignorecase ? ", ignoring case" : ""), "");
  if (given !== null) { find(given); remember(); }
}

// The share counts a frame once, however many of its callers match.
function find(text) {
  var pattern = null, spans = [];
  term = text;
  if (text) {
    try { pattern = new RegExp(text, ignorecase ? "i" : ""); }
    catch (error) { say("matched", "not a regular expression"); return; }
  }
  frames.forEach(function (frame) {
    var hit = pattern && pattern.test(frame.name);
    frame.rect.setAttribute("fill", hit ? "rgb(230,0,230)" : frame.fill);
    if (hit) spans.push([frame.x, frame.x + frame.width]);
  });
  var search = document.getElementById("search");
  search.setAttribute("class", text ? "on" : "");
  search.textContent = text ? "Reset Search" : "Search";
  if (!text) { say("matched", " "); return; }
  spans.sort(function (a, b) { return a[0] - b[0] || b[1] - a[1]; });
  var covered = 0, end = -1;
  spans.forEach(function (span) {
    if (span[1] > end) { covered += span[1] - Math.max(span[0], end); end = span[1]; }
  });
  say("matched", "Matched: " + (100 * covered / frames[0].width).toFixed(1) + "%");
}

function remember() {
  var parts = [], frame = frames[zoomed];
  if (zoomed) parts.push("x=" + frame.x, "y=" + frame.y);
  if (term) parts.push("s=" + encodeURIComponent(term));
  if (ignorecase) parts.push("i=1");
  try { history.pushState(null, "", parts.length ? "?" + parts.join("&") : location.pathname); }
  catch (error) { location.hash = parts.join("&"); }
}
function restore() {
  var query = new URLSearchParams(location.search.slice(1) || location.hash.slice(1)), index = 0;
  if (query.has("x") && query.has("y")) {
    index = frames.findIndex(function (frame) {
      return frame.x === +query.get("x") && frame.y === +query.get("y");
    });
  }
  ignorecase = query.has("i");
  zoom(Math.max(index, 0));
  find(query.get("s") || "");
}
