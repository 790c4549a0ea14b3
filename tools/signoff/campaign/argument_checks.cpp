#include <fmt/format.h>

#include "tools/signoff/campaign/placeholders.h"
#include "tools/signoff/campaign/sections.h"
#include "tools/signoff/campaign/tools.h"

namespace tidemark::signoff {
namespace {

void check_load(const TomlValue& arg, const Piece& piece, const TargetPlan& target) {
  if (target.load.contains(piece.rest)) return;
  std::vector<std::string_view> known;
  for (const auto& [name, path] : target.load) known.push_back(name);
  arg.fail_unknown(fmt::format("load of the target {}:", target.name), piece.rest, known);
}

void check_piece(const TomlValue& arg, const Piece& piece, const TargetPlan& target) {
  if (piece.name == "load") check_load(arg, piece, target);
  const bool missing = (piece.name == "command" && target.command.empty()) ||
                       (piece.name == "url" && target.url.empty()) ||
                       (piece.name == "ready" && target.ready.empty());
  if (missing) {
    arg.fail(fmt::format("the target {} has no '{}'", target.name, piece.name),
             "or say with `targets` which ones this is for");
  }
}

}  // namespace

void check_arguments(const TomlValue& args, const RunPlan& run, const PhasePlan& phase,
                     const Campaign& campaign) {
  const std::vector<TomlValue> texts =
      args.is_list() ? args.items(kMostThings) : std::vector<TomlValue>{args};
  for (const TomlValue& arg : texts) {
    for (const Piece& piece : pieces_of(arg.text(), arg.what())) {
      if (piece.name.empty()) continue;
      for (const TargetPlan& target : campaign.targets) {
        const bool runs =
            applies_to(phase.targets, target.name) && applies_to(run.targets, target.name);
        if (runs) check_piece(arg, piece, target);
      }
    }
  }
}

}  // namespace tidemark::signoff
