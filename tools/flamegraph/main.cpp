#include <array>

#include "lib/cli/tool.h"
#include "tools/flamegraph/options.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

using cli::Example;

// flamegraph.pl's, with its meanings and defaults.
constexpr std::array<Option, 24> kDrawOptions = {{
    {.name = "--title", .value = "TEXT", .summary = "above the graph; default by what is shown"},
    {.name = "--subtitle", .value = "TEXT", .summary = "a second line below the title"},
    {.name = "--width", .value = "PIXELS", .summary = "of the image", .fallback = "1200"},
    {.name = "--height", .value = "PIXELS", .summary = "of a frame", .fallback = "16"},
    {.name = "--minwidth",
     .value = "PIXELS|SHARE%",
     .summary = "leave out frames that are narrower",
     .fallback = "0.1"},
    {.name = "--fonttype", .value = "FONT", .summary = "its name", .fallback = "Verdana"},
    {.name = "--fontsize", .value = "SIZE", .summary = "in pixels", .fallback = "12"},
    {.name = "--fontwidth",
     .value = "SHARE",
     .summary = "mean width of a character, in font sizes",
     .fallback = "0.59"},
    {.name = "--countname", .value = "TEXT", .summary = "what is counted; default by the profile"},
    {.name = "--nametype", .value = "TEXT", .summary = "what a frame is", .fallback = "Function:"},
    {.name = "--colors,--color",
     .value = "PALETTE",
     .summary = "default by what is shown: mem for memory, io for waiting, else hot",
     .choices = "hot|mem|io|wakeup|chain|java|js|perl|red|green|blue|aqua|yellow|purple|orange"},
    {.name = "--bgcolors",
     .value = "COLOR",
     .summary = "yellow, blue, green, grey or #rrggbb; default by the palette"},
    {.name = "--hash", .summary = "colour by a hash of the name: alike for names that start alike"},
    {.name = "--random", .summary = "colour by chance, whatever the name"},
    {.name = "--cp", .summary = "keep colours from graph to graph in ./palette.map"},
    {.name = "--nameattr",
     .value = "FILE",
     .summary = "attributes of functions, a line each: the name, then TAB and href=URL, title=, "
                "class=, id=, ..."},
    {.name = "--reverse", .summary = "merge stacks from their leaves"},
    {.name = "--inverted", .summary = "draw an icicle graph, the first frame on top"},
    {.name = "--flamechart", .summary = "keep the order of time, left to right"},
    {.name = "--negate", .summary = "swap the colours of a difference"},
    {.name = "--total",
     .value = "COUNT",
     .summary = "the width of everything; ignored when there is more"},
    {.name = "--factor", .value = "NUMBER", .summary = "what counts are multiplied with"},
    {.name = "--encoding", .value = "NAME", .summary = "in the XML declaration"},
    {.name = "--notes", .value = "TEXT", .summary = "a comment within the file"},
}};

constexpr auto kFoldOptions = joined(kInputOptions, kPerfOptions, std::array{kOutput});

constexpr std::array<Example, 2> kFoldExamples = {{
    {.command = "perf record -g -o /tmp/ls.data ls / && perf script -i /tmp/ls.data | "
                "flamegraph fold",
     .about = "folded stacks of a recording"},
    {.command = "flamegraph fold --list-formats", .about = "what can be read"},
}};

constexpr auto kSvgOptions = joined(kInputOptions, kPerfOptions, kDrawOptions, std::array{kOutput});

constexpr std::array<Example, 2> kSvgExamples = {{
    {.command = "echo 'main;serve;read 3' | flamegraph svg > flame.svg",
     .about = "a picture of folded stacks, for any browser"},
    {.command = "echo 'main;serve;read 3' | flamegraph svg --colors io --title 'Who waits' "
                "-o flame.svg",
     .about = "with flamegraph.pl's options"},
}};

constexpr auto kHtmlOptions = joined(
    kInputOptions, kPerfOptions,
    std::array<Option, 4>{{
        {.name = "--title", .value = "TEXT", .summary = "of the page; default by what is shown"},
        {.name = "--subtitle", .value = "TEXT", .summary = "a second line below the title"},
        {.name = "--lines", .summary = "tell frames of a function apart by their lines"},
        kOutput,
    }});

constexpr std::array<Example, 2> kHtmlExamples = {{
    {.command = "echo 'main;serve;read 3' | flamegraph html > flame.html",
     .about = "one file with every view, for any browser"},
    {.command = "echo 'main;serve;read 3' | flamegraph html --title 'Who reads' -o flame.html",
     .about = "the same under another title"},
}};

constexpr auto kTopOptions = joined(
    kInputOptions, kPerfOptions,
    std::array<Option, 3>{{
        {.name = "--sort",
         .value = "COLUMN",
         .summary = "the largest first, or by name",
         .fallback = "self",
         .choices = "self|total|name"},
        {.name = "--limit", .value = "ROWS", .summary = "how many; 0 is all", .fallback = "18"},
        kOutput,
    }});

constexpr std::array<Example, 2> kTopExamples = {{
    {.command = "echo 'main;serve;read 3' | flamegraph top", .about = "self and total by function"},
    {.command = "echo 'main;serve;read 3' | flamegraph top --sort total --limit 5",
     .about = "the five with the most below them"},
}};

constexpr auto kDiffOptions = joined(
    std::array<Option, 5>{{
        {.name = "--to",
         .value = "FORMAT",
         .summary = "folded has two columns, as difffolded.pl writes them",
         .fallback = "folded",
         .choices = "folded|svg|html"},
        {.name = "--normalize,-n", .summary = "scale the values before to the total after"},
        {.name = "--strip-hex,-s", .summary = "take names that differ in a 0x... number for one"},
        {.name = "--widths",
         .value = "SIDE",
         .summary = "whose values give the widths of a picture",
         .fallback = "after",
         .choices = "before|after"},
        {.name = "--elided", .summary = "draw the stacks that those widths cannot show instead"},
    }},
    kInputOptions, kPerfOptions, kDrawOptions, std::array{kOutput});

constexpr std::array<Example, 2> kDiffExamples = {{
    {.command = "echo 'main;f 3' > before; echo 'main;f 5' > after; flamegraph diff before after",
     .about = "two columns, for any other tool"},
    {.command = "echo 'main;f 3' > before; echo 'main;f 5' > after; "
                "flamegraph diff --to svg before after > diff.svg",
     .about = "red has grown, blue has shrunk"},
}};

constexpr auto kConvertOptions =
    joined(std::array<Option, 1>{{
               {.name = "--to",
                .value = "FORMAT",
                .summary = "what to write; firefox, chrome-trace and folded hold one value",
                .choices = "pprof|speedscope|firefox|folded|callgrind|chrome-trace|json"},
           }},
           kInputOptions, kPerfOptions, std::array{kOutput});

constexpr std::array<Example, 2> kConvertExamples = {{
    {.command = "echo 'main;serve;read 3' | flamegraph convert --to speedscope -o profile.json",
     .about = "for speedscope"},
    {.command = "echo 'main;serve;read 3' | flamegraph convert --to callgrind > callgrind.out.1",
     .about = "for KCachegrind and callgrind_annotate"},
}};

constexpr std::array<cli::Verb, 6> kVerbs = {{
    {.name = "fold",
     .summary = "Writes the stacks of any profile as folded text, one stack a line.",
     .operands = "[FILE]...",
     .options = kFoldOptions,
     .examples = kFoldExamples,
     .run = fold_verb},
    {.name = "svg",
     .summary = "Draws a flame graph as SVG, with flamegraph.pl's options.",
     .operands = "[FILE]...",
     .options = kSvgOptions,
     .examples = kSvgExamples,
     .run = svg_verb},
    {.name = "html",
     .summary = "Writes one HTML page with flame graph, sandwich, tables, search and filters.",
     .operands = "[FILE]...",
     .options = kHtmlOptions,
     .examples = kHtmlExamples,
     .run = html_verb},
    {.name = "diff",
     .summary =
         "Compares two profiles: folded with two columns, or red and blue in a picture or a page.",
     .operands = "BEFORE AFTER",
     .options = kDiffOptions,
     .examples = kDiffExamples,
     .run = diff_verb},
    {.name = "top",
     .summary = "Lists the functions with the largest values of their own, or with callees.",
     .operands = "[FILE]...",
     .options = kTopOptions,
     .examples = kTopExamples,
     .run = top_verb},
    {.name = "convert",
     .summary = "Writes any profile in another tool's format.",
     .operands = "[FILE]...",
     .options = kConvertOptions,
     .examples = kConvertExamples,
     .run = convert_verb},
}};

constexpr cli::Tool kTool = {
    .name = "flamegraph",
    .summary = "Folds, draws, lists and converts profiles of any format.",
    .verbs = kVerbs,
    .file_verb = "svg",
};

}  // namespace
}  // namespace tidemark::flamegraph

int main(int argc, char** argv) {
  return tidemark::cli::run_tool(tidemark::flamegraph::kTool, argc, argv);
}
