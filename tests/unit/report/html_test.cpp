#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "report/page.hpp"
#include "report/report.hpp"
#include "support/golden.hpp"
#include "support/sample_run.hpp"

using namespace gunflint;
using support::JournalBuilder;

namespace {

const std::string& sample_page() {
  static const std::string page = html_report(view_of(support::sample_run()));
  return page;
}

std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from) + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

}  // namespace

TEST(Golden, HtmlBody) {
  // GUNFLINT_SAMPLE_PAGE=/some/file.html writes the whole page, to be looked at in a browser.
  if (const char* path = std::getenv("GUNFLINT_SAMPLE_PAGE")) std::ofstream(path) << sample_page();
  support::expect_golden("report/body.html",
                         between(sample_page(), "<body>\n", "<script type=\"application/json\""));
}

TEST(Html, NeedsNothingFromOutside) {
  const std::string page = page_template();
  for (const char* loads : {"<link", "<img", "<iframe", " src=", "@import", "url(http", "fetch("})
    EXPECT_EQ(page.find(loads), std::string::npos) << loads;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("Copyright (c) 2022 Leon Sorokin"), std::string::npos) << "licence of uPlot";
}

TEST(Html, EveryMarkerIsFilled) {
  // uPlot's own code may contain anything; our markers are words between @@.
  for (const char* marker : {"@@title@@", "@@body@@", "@@data@@", "@@uplot", "@@page"})
    EXPECT_EQ(sample_page().find(marker), std::string::npos) << marker;
}

TEST(Html, TheDataCanBeReadBackByAProgram) {
  auto data = parse_json(between(sample_page(), "id=\"data\">", "</script>"));
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data->find("run")->text_or("name"), "checkout-surge");
}

TEST(Html, TextFromElsewhereIsText) {
  const std::string evil = "</script><script>alert(1)</script><b>\"x\" @@data@@ @@body@@";
  Verdict verdict;
  verdict.sentence = evil;
  Finding f;
  f.name = evil;
  f.held = Held::No;
  verdict.findings.push_back(f);
  JournalBuilder journal(evil);
  journal.experiment(evil, Value::map());
  journal.at(1).add(Note{"warning", evil});
  const std::string page = html_report(view_of(journal.verdict(2, verdict).events()));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<b>\"x\""), std::string::npos);
  const std::string empty = page_template();
  auto count = [](const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(count(page, "</script"), count(empty, "</script"));
  auto data = parse_json(between(page, "id=\"data\">", "</script>"));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->find("run")->text_or("name"), evil);
}
