#include "lib/report/findings_json.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/base/error.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

std::string error_of(const std::string& text) {
  try {
    from_json("findings.json", text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(FindingsJson, ReadsBackWhatItWrote) {
  Document document = sample_document();
  document.totals = {{.name = "inuse_space", .unit = "bytes", .value = 52'428'800, .error = 5.5e6}};
  const std::string text = to_json(document);
  Document read = from_json("findings.json", text);
  EXPECT_TRUE(read.profiles.empty());  // they are in profile.pb.gz
  read.profiles = document.profiles;
  EXPECT_EQ(to_json(read), text);
  EXPECT_EQ(read.run, document.run);
  EXPECT_EQ(read.processes, document.processes);
  EXPECT_EQ(read.series, document.series);
  EXPECT_EQ(read.totals, document.totals);
  EXPECT_EQ(read.sites[0].example, document.sites[0].example);
  EXPECT_EQ(read.sites[0].place, document.sites[0].place);
  EXPECT_EQ(read.sites[0].holds.at(0).title, document.sites[0].holds.at(0).title);
  EXPECT_EQ(read.sites[1].bytes_error, 210'000);
  EXPECT_EQ(read.fixed[0].status, SiteStatus::kFixed);
}

TEST(FindingsJson, KeepsEveryByteOfANameAndIsUtf8) {
  Document document = hostile_document();
  const std::string text = to_json(document);
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= ' ' && c < 0x7F));
  const Document read = from_json("findings.json", text);
  EXPECT_EQ(read.verdict_text, document.verdict_text);
  EXPECT_EQ(read.sites[0].example, document.sites[0].example);
  EXPECT_EQ(read.run, document.run);
}

TEST(FindingsJson, NamesBothVersionsWhenTheFileIsNewer) {
  const std::string text =
      replaced(to_json(clean_document()), "tidemark.findings/1", "tidemark.findings/2");
  EXPECT_EQ(error_of(text), "findings.json: findings in version '2', this tool knows version 1");
}

TEST(FindingsJson, SaysWhatIsWrongAndWhere) {
  const std::string text = to_json(sample_document());
  EXPECT_EQ(error_of(replaced(text, "\"bytes\": 3200", "\"bytes\": \"many\"")),
            "findings.json: expected a whole number at /sites/0/bytes, found '\"many\"'");
  EXPECT_EQ(error_of(replaced(text, "\"definite_leak\"", "\"huge_leak\"")),
            "findings.json: expected a kind such as \"definite_leak\" at /sites/0/kind, found "
            "'\"huge_leak\"'");
  EXPECT_EQ(error_of("{}"),
            "findings.json: not a findings file: it has no schema tidemark.findings/<version>");
}

TEST(FindingsJson, RefusesEveryCutAndDeepNests) {
  const std::string text = to_json(clean_document());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    EXPECT_NE(error_of(text.substr(0, length)), "no error") << length;
  }
  std::string nest =
      "{\"schema\":\"tidemark.findings/1\",\"verdict\":{\"code\":\"clean\"},\"run\":{\"end\":"
      "{\"kind\":\"exited\"},\"load_end\":{\"kind\":\"exited\"}},\"sites\":[";
  for (int i = 0; i < 100'000; ++i)
    nest += "{\"kind\":\"other\",\"status\":\"new\",\"example\":{\"kind\":\"other\"},\"holds\":[";
  EXPECT_NE(error_of(nest + std::string(std::size_t{2} * 100'000, ']') + "]}"), "no error");
  for (int i = 0; i < 100'000; ++i) nest += "]}";
  EXPECT_NE(error_of(nest + "]}").find("at most 32 levels"), std::string::npos);
}

}  // namespace
}  // namespace tidemark
