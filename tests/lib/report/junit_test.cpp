#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <string>

#include "lib/report/report.h"
#include "tests/lib/report/sample_document.h"

namespace tidemark {
namespace {

pugi::xml_document parsed(const Document& document) {
  const std::string text = report_named("junit").write(document, {});
  pugi::xml_document xml;
  EXPECT_TRUE(xml.load_buffer(text.data(), text.size())) << text;
  return xml;
}

std::size_t count(const pugi::xml_node& xml, const char* path) {
  return xml.select_nodes(path).size();
}

TEST(JunitReport, CountsWhatItHolds) {
  for (const Document& document :
       {sample_document(), hostile_document(), clean_document(), failed_document()}) {
    const pugi::xml_document xml = parsed(document);
    const pugi::xml_node all = xml.child("testsuites");
    EXPECT_EQ(all.attribute("tests").as_uint(), count(xml, "//testcase"));
    EXPECT_EQ(all.attribute("failures").as_uint(), count(xml, "//failure"));
    EXPECT_EQ(all.attribute("errors").as_uint(), count(xml, "//error"));
    EXPECT_EQ(all.attribute("skipped").as_uint(), count(xml, "//skipped"));
  }
}

TEST(JunitReport, FailsWhatCountsAndSkipsTheRest) {
  const pugi::xml_document xml = parsed(sample_document());
  EXPECT_EQ(count(xml, "//testsuite[@name='memcheck: definite leak']/testcase/failure"), 1U);
  EXPECT_EQ(count(xml, "//testsuite[@name='memcheck: growth']/testcase/skipped"), 1U);
  EXPECT_EQ(count(xml, "//skipped[starts-with(@message, 'suppressed by tables')]"), 1U);
}

TEST(JunitReport, ACleanRunHasATestThatPasses) {
  const pugi::xml_document xml = parsed(clean_document());
  EXPECT_EQ(count(xml, "//testcase[not(*)]"), 1U);
}

TEST(JunitReport, AFailedOrUndecidedRunIsAnError) {
  EXPECT_EQ(count(parsed(failed_document()), "//testcase/error[@type='failed']"), 1U);
  Document document = clean_document();
  document.verdict = Verdict::kUndecided;
  EXPECT_EQ(count(parsed(document), "//testcase/error[@type='undecided']"), 1U);
}

TEST(JunitReport, KeepsATestsNameWhenItsLineMoves) {
  Document document = sample_document();
  const auto name = [&] {
    return std::string(
        parsed(document).select_node("//failure/..").node().attribute("name").value());
  };
  const std::string before = name();
  document.sites[0].place.line += 5;
  EXPECT_EQ(name(), before);
}

}  // namespace
}  // namespace tidemark
