#include "lib/report/flame_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "lib/report/escape.h"
#include "lib/report/flame_assets.h"

namespace tidemark {
namespace {

constexpr double kSide = 10;           // left and right of the boxes
constexpr double kFooterLine = 1.5;    // its height, in font sizes
constexpr double kFrameGap = 1;        // between a box and the one above
constexpr std::size_t kLeastText = 3;  // a shorter label says nothing

using Out = std::back_insert_iterator<std::string>;

// 1234567 as "1,234,567".
std::string with_commas(double number) {
  const std::string digits = fmt::format("{:.0f}", number);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

// A name without the mark that palettes of languages go by: "f" of "f_[k]".
std::string_view without_mark(std::string_view name) {
  const bool marked =
      name.size() > 4 && name.ends_with(']') && name.substr(name.size() - 4, 2) == "_[" &&
      std::string_view("kwij").find(name[name.size() - 2]) != std::string_view::npos;
  return marked ? name.substr(0, name.size() - 4) : name;
}

// Whether black text would be hard to read on it: a strong blue of a difference.
bool is_dark(const Colour& colour) {
  return 0.3 * colour.red + 0.6 * colour.green + 0.1 * colour.blue < 70;
}

// As a string of JavaScript within CDATA, where "]]>" would end it.
std::string script_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte != 0x7F &&
                       std::string_view("\"\\<>&]").find(c) == std::string_view::npos;
    quoted += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return quoted + '"';
}

// flamegraph.pl's name for the background that goes with a palette.
std::string_view background_for(Palette palette) {
  switch (palette) {
    case Palette::kMem:
      return "green";
    case Palette::kIo:
    case Palette::kWakeup:
    case Palette::kChain:
      return "blue";
    default:  // palettes of one colour come last
      return palette >= Palette::kRed ? "grey" : "yellow";
  }
}

// From the top to the bottom.
std::pair<std::string_view, std::string_view> background_of(const FlameStyle& style) {
  const std::string_view name =
      style.background.empty() ? background_for(style.palette) : std::string_view(style.background);
  if (name.starts_with('#')) return {name, name};
  if (name == "green") return {"#eef2ee", "#e0ffe0"};
  if (name == "blue") return {"#eeeeee", "#e0e0ff"};
  if (name == "grey") return {"#f8f8f8", "#e8e8e8"};
  return {"#eeeeee", "#eeeeb0"};
}

class Drawing {
 public:
  Drawing(const FlameGraph& graph, const FlameStyle& style)
      : graph_(graph), style_(style), out_(std::back_inserter(svg_)) {
    const double rows = (graph.depth + 1.0) * style.height;
    above_ = style.font_size * 3 + (style.subtitle.empty() ? 0 : style.font_size * 2);
    below_ = style.font_size * 2 + 10 + footer_height();
    if (style.inverted) above_ += style.font_size;
    height_ = rows + above_ + below_;
    scale_ = graph.total == 0 ? 0 : (style.width - 2 * kSide) / static_cast<double>(graph.total);
    for (const FlameGraph::Box& box : graph.boxes) {
      largest_delta_ = std::max(largest_delta_, std::abs(box.delta));
    }
  }

  std::string draw() {
    svg_.reserve(4096 + kSvgJs.size() + graph_.boxes.size() * 256);
    head();
    for (std::size_t i = 0; i < graph_.boxes.size(); ++i) box(i);
    svg_ += "</g>\n</svg>\n";
    return std::move(svg_);
  }

 private:
  void head() {
    const std::string encoding =
        style_.encoding.empty() ? ""
                                : fmt::format(" encoding=\"{}\"", markup_text(style_.encoding));
    fmt::format_to(out_,
                   "<?xml version=\"1.0\"{} standalone=\"no\"?>\n"
                   "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                   "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n"
                   "<svg version=\"1.1\" width=\"{}\" height=\"{:.0f}\" onload=\"init(evt)\" "
                   "viewBox=\"0 0 {} {:.0f}\" xmlns=\"http://www.w3.org/2000/svg\" "
                   "xmlns:xlink=\"http://www.w3.org/1999/xlink\" role=\"img\">\n",
                   encoding, style_.width, height_, style_.width, height_);
    const std::string title = !style_.title.empty() ? style_.title
                              : style_.inverted     ? "Icicle Graph"
                                                    : "Flame Graph";
    fmt::format_to(out_, "<title>{}</title>\n", markup_text(title));
    if (!style_.notes.empty()) fmt::format_to(out_, "<!-- NOTES: {} -->\n", comment(style_.notes));
    background();
    script();
    const double middle = style_.width / 2.0;
    label("title", middle, style_.font_size * 2, title);
    if (!style_.subtitle.empty()) label("subtitle", middle, style_.font_size * 4, style_.subtitle);
    const double line = height_ - footer_height() - style_.font_size - 5;
    label("details", kSide, line, " ");
    label("unzoom", kSide, style_.font_size * 2, "Reset Zoom");
    label("search", style_.width - kSide, style_.font_size * 2, "Search");
    label("matched", style_.width - kSide, line, " ");
    footer();
    svg_ += "<g id=\"frames\">\n";
  }

  double footer_height() const {
    return static_cast<double>(style_.footer.size()) * style_.font_size * kFooterLine;
  }

  void footer() {
    double line = height_ - footer_height() + style_.font_size * 0.5;
    for (const std::string& text : style_.footer) {
      const auto fits = static_cast<std::size_t>((style_.width - 2 * kSide) /
                                                 (style_.font_size * style_.font_width));
      const std::string_view shown = cut(text, fits);
      fmt::format_to(out_, "<text class=\"footer\" x=\"{:.2f}\" y=\"{:.2f}\">{}{}</text>\n", kSide,
                     line, markup_text(shown), shown.size() < text.size() ? ".." : "");
      line += style_.font_size * kFooterLine;
    }
  }

  void background() {
    const auto [from, to] = background_of(style_);
    fmt::format_to(
        out_,
        "<defs><linearGradient id=\"background\" y1=\"0\" y2=\"1\" x1=\"0\" x2=\"0\">"
        "<stop stop-color=\"{}\" offset=\"5%\"/><stop stop-color=\"{}\" offset=\"95%\"/>"
        "</linearGradient></defs>\n"
        "<style type=\"text/css\">\n"
        "text {{ font-family:{},sans-serif; font-size:{:g}px; fill:#000 }}\n"
        "#title {{ text-anchor:middle; font-size:{:g}px }}\n"
        "#subtitle {{ text-anchor:middle; fill:#a0a0a0 }}\n"
        "#search, #matched {{ text-anchor:end }}\n"
        "#search, #unzoom {{ cursor:pointer; opacity:0.3 }}\n"
        "#search:hover, #search.on, #unzoom:hover {{ opacity:1 }}\n"
        "#frames > * {{ cursor:pointer }}\n"
        "#frames > *:hover rect, #frames > *:focus rect {{ stroke:#000; stroke-width:0.5 }}\n"
        "#frames text {{ pointer-events:none }}\n"
        ".hide {{ display:none }} .parent {{ opacity:0.5 }}\n"
        "</style>\n"
        "<rect x=\"0\" y=\"0\" width=\"100%\" height=\"100%\" fill=\"url(#background)\"/>\n",
        from, to, font(), style_.font_size, style_.font_size + 5);
  }

  void script() {
    fmt::format_to(out_,
                   "<script type=\"text/ecmascript\"><![CDATA[\n"
                   "var fontsize={:g}, fontwidth={:g}, xpad={:g}, inverted={}, imagewidth={}, "
                   "nametype={};\n",
                   style_.font_size, style_.font_width, kSide, style_.inverted, style_.width,
                   script_text(style_.name_type));
    svg_ += kSvgJs;
    svg_ += "]]></script>\n";
  }

  void label(std::string_view id, double x, double y, std::string_view text) {
    const bool hidden = id == "unzoom";
    fmt::format_to(out_, "<text id=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\"{}>{}</text>\n", id, x, y,
                   hidden ? " class=\"hide\"" : "", markup_text(text));
  }

  void box(std::size_t index) {
    const FlameGraph::Box& box = graph_.boxes[index];
    const bool first = index == 0;
    const std::string& name = graph_.names[box.name];
    const std::string_view shown = without_mark(name);
    const Colour colour = this->colour(index, name);
    const double left = kSide + static_cast<double>(box.start) * scale_;
    const double right =
        kSide + static_cast<double>(box.start + (first ? graph_.total : box.total)) * scale_;
    const double depth = box.depth;
    const double row = style_.inverted ? above_ + depth * style_.height
                                       : height_ - below_ - (depth + 1) * style_.height;
    const FrameAttributes* const own = attributes_of(name);
    open_group(own);
    if (own != nullptr && !own->title.empty()) {
      svg_ += markup_text(own->title);
    } else {
      describe(box, shown, first);
    }
    fmt::format_to(out_,
                   "</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                   "fill=\"{}\" rx=\"2\" ry=\"2\"/><text x=\"{:.2f}\" y=\"{:.1f}\"{}>",
                   left, row, right - left, style_.height - kFrameGap, to_css(colour), left + 3,
                   row + style_.height * 0.5 + style_.font_size * 0.33,
                   style_.difference && is_dark(colour) ? " style=\"fill:#fff\"" : "");
    const double fits = (right - left) / (style_.font_size * style_.font_width);
    const auto characters = static_cast<std::size_t>(fits);
    if (characters >= kLeastText) {
      if (shown.size() <= characters) {
        svg_ += markup_text(shown);
      } else {
        svg_ += markup_text(cut(shown, characters - 2));
        svg_ += "..";
      }
    }
    svg_ += own != nullptr && !own->href.empty() ? "</text></a>\n" : "</text></g>\n";
  }

  void describe(const FlameGraph::Box& box, std::string_view name, bool first) {
    const std::int64_t total = first ? graph_.total : box.total;
    svg_ += markup_text(name);
    const double share = graph_.total == 0
                             ? 0
                             : 100 * static_cast<double>(total) / static_cast<double>(graph_.total);
    fmt::format_to(out_, " ({} {}, ", with_commas(static_cast<double>(total) * style_.factor),
                   markup_text(style_.count_name));
    svg_ += first ? "100%" : fmt::format("{:.2f}%", share);
    if (style_.difference) {
      const auto delta = static_cast<double>(style_.negate ? -box.delta : box.delta);
      const auto of = static_cast<double>(std::max<std::int64_t>(1, graph_.total));
      fmt::format_to(out_, "; {:+.2f}%", 100 * delta / of);
    }
    svg_ += ')';
  }

  const FrameAttributes* attributes_of(std::string_view name) const {
    if (style_.attributes.empty()) return nullptr;
    const auto found = style_.attributes.find(name);
    return found == style_.attributes.end() ? nullptr : &found->second;
  }

  // The start of a box up to its title: a link when it leads anywhere.
  void open_group(const FrameAttributes* own) {
    if (own == nullptr) {
      svg_ += "<g><title>";
      return;
    }
    const auto attribute = [&](std::string_view name, std::string_view value) {
      fmt::format_to(out_, " {}=\"{}\"", name, markup_text(value));
    };
    svg_ += own->href.empty() ? "<g" : "<a";
    if (!own->href.empty()) {
      attribute("xlink:href", own->href);
      const bool targeted = std::ranges::any_of(
          own->of_link, [](const auto& pair) { return pair.first == "target"; });
      if (!targeted) attribute("target", "_top");
      for (const auto& [name, value] : own->of_link) attribute(name, value);
    }
    for (const auto& [name, value] : own->of_group) attribute(name, value);
    svg_ += "><title>";
  }

  Colour colour(std::size_t index, std::string_view name) const {
    const FlameGraph::Box& box = graph_.boxes[index];
    if (style_.difference) {
      return colour_of_difference(style_.negate ? -box.delta : box.delta, largest_delta_);
    }
    if (const auto own = style_.colours.find(name); own != style_.colours.end()) return own->second;
    return colour_of(name, style_.palette, style_.colouring, index);
  }

  // A font name goes into a style sheet: only what a font name is made of.
  std::string font() const {
    std::string kept;
    for (const char c : style_.font) {
      const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == ',';
      if (fine) kept += c;
    }
    return kept;
  }

  // "--" would end an XML comment.
  static std::string comment(std::string_view text) {
    std::string kept = markup_text(text);
    for (std::size_t at = 0; (at = kept.find("--", at)) != std::string::npos;) {
      kept.replace(at, 2, "- ");
    }
    return kept;
  }

  const FlameGraph& graph_;
  const FlameStyle& style_;
  std::string svg_;
  Out out_;
  double above_ = 0;
  double below_ = 0;
  double height_ = 0;
  double scale_ = 0;
  std::int64_t largest_delta_ = 0;
};

}  // namespace

std::string flame_svg(const FlameGraph& graph, const FlameStyle& style) {
  return Drawing(graph, style).draw();
}

}  // namespace tidemark
