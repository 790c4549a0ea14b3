#include "lib/base/error.h"
#include "lib/report/all_reports.h"
#include "lib/report/pprof_writer.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

std::string write(const Document& document, const ReportOptions& /*options*/) {
  const Profile* const profile = main_profile(document);
  if (profile == nullptr) {
    throw Error("there is no profile in these results, so none can be written as pprof",
                "its findings can be written: --format folded, or --format json");
  }
  return to_pprof(*profile);
}

}  // namespace

constinit const ReportFormat kPprofReport = {
    .name = "pprof",
    .summary = "the main profile as pprof's profile.proto, compressed",
    .extension = ".pb.gz",
    .write = write,
};

}  // namespace tidemark
