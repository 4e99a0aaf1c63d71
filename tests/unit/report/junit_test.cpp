#include <gtest/gtest.h>

#include <set>

#include "report/report.hpp"
#include "support/sample_run.hpp"
#include "support/xml.hpp"

using namespace gunflint;
using support::Element;
using support::JournalBuilder;
using support::XmlReader;

namespace {

RunView run_with(Outcome outcome, std::vector<Finding> findings = {}) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.sentence = "It was so.";
  verdict.findings = std::move(findings);
  return view_of(JournalBuilder("x").traffic("l", 0, 2, {}).verdict(3, verdict).events());
}

Finding finding(std::string name, Held held) {
  Finding f;
  f.name = std::move(name);
  f.held = held;
  f.measured = "p95 1s";
  f.limit = "p95 < 400ms";
  f.file = "x.yaml";
  f.line = 3;
  return f;
}

Element read(const std::string& text) {
  std::string problem;
  auto root = XmlReader::read(text, &problem);
  EXPECT_TRUE(root) << problem << "\n" << text;
  return root.value_or(Element{});
}

/// What the schema that Jenkins publishes (junit-10.xsd) allows, plus file and line (pytest,
/// GitLab).
void expect_schema(const Element& root) {
  const std::map<std::string, std::set<std::string>> attributes{
      {"testsuites", {"name", "tests", "failures", "errors", "skipped", "time"}},
      {"testsuite", {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"}},
      {"properties", {}},
      {"property", {"name", "value"}},
      {"testcase", {"name", "classname", "time", "file", "line"}},
      {"failure", {"message", "type"}},
      {"error", {"message", "type"}},
      {"skipped", {"message"}},
      {"system-out", {}}};
  const std::map<std::string, std::set<std::string>> children{
      {"testsuites", {"testsuite"}},
      {"testsuite", {"properties", "testcase", "system-out"}},
      {"properties", {"property"}},
      {"testcase", {"failure", "error", "skipped"}}};
  ASSERT_TRUE(attributes.count(root.name)) << root.name;
  for (const auto& [key, value] : root.attributes)
    EXPECT_TRUE(attributes.at(root.name).count(key)) << root.name << " has " << key;
  for (const Element& child : root.children) {
    ASSERT_TRUE(children.count(root.name) && children.at(root.name).count(child.name))
        << child.name << " inside " << root.name;
    expect_schema(child);
  }
}

void expect_counts(const Element& root) {
  std::set<std::string> names;
  for (const Element* c : root.all("testcase")) {
    EXPECT_FALSE(c->attributes.at("classname").empty());
    EXPECT_TRUE(names.insert(c->attributes.at("name")).second)
        << "twice: " << c->attributes.at("name");
    EXPECT_LE(c->children.size(), 1u);
  }
  for (const char* level : {"testsuites", "testsuite"}) {
    const Element& e = level == root.name ? root : root.children.at(0);
    EXPECT_EQ(e.attributes.at("tests"), std::to_string(e.all("testcase").size()));
    EXPECT_EQ(e.attributes.at("failures"), std::to_string(e.all("failure").size()));
    EXPECT_EQ(e.attributes.at("errors"), std::to_string(e.all("error").size()));
    EXPECT_EQ(e.attributes.at("skipped"), std::to_string(e.all("skipped").size()));
  }
}

Element checked(const std::string& text) {
  const Element root = read(text);
  EXPECT_EQ(root.name, "testsuites");
  expect_schema(root);
  expect_counts(root);
  return root;
}

}  // namespace

TEST(Junit, TheSampleIsWellFormedAndFitsTheSchema) {
  const Element root = checked(junit_report(view_of(support::sample_run())));
  EXPECT_EQ(root.all("failure").size(), 2u);  // one failed, one inconclusive
  EXPECT_EQ(root.all("error").size(), 0u);
}

TEST(Junit, EvidenceIsInTheTextBecauseGitLabDropsTheAttribute) {
  const Element root = checked(junit_report(view_of(support::sample_run())));
  EXPECT_NE(root.all("failure").at(0)->text.find("1,310 slow of 6,200"), std::string::npos);
  EXPECT_NE(root.all("failure").at(0)->text.find("limit p95 < 400ms"), std::string::npos);
}

TEST(Junit, EveryRunThatIsNotHeldHasSomethingRed) {
  for (const auto& [outcome, name] : Names<Outcome>::table) {
    const Element root = checked(junit_report(run_with(outcome, {finding("a", Held::Yes)})));
    const std::size_t red = root.all("failure").size() + root.all("error").size();
    EXPECT_EQ(red > 0, outcome != Outcome::Held) << name;
  }
}

TEST(Semantics42, JUnitTellsFailuresFromErrors) {
  EXPECT_EQ(checked(junit_report(run_with(Outcome::NotStarted))).all("error").size(), 1u);
  EXPECT_EQ(checked(junit_report(run_with(Outcome::ToolError))).all("error").size(), 1u);
  const Element inconclusive =
      checked(junit_report(run_with(Outcome::Inconclusive, {finding("a", Held::Inconclusive)})));
  ASSERT_EQ(inconclusive.all("failure").size(), 1u);
  EXPECT_EQ(inconclusive.all("failure").at(0)->attributes.at("type"), "inconclusive");
}

TEST(Junit, SoftOutcomesAreSkipped) {
  const std::set<Outcome> soft{Outcome::Inconclusive, Outcome::NotStarted};
  const Element a = checked(
      junit_report(run_with(Outcome::Inconclusive, {finding("a", Held::Inconclusive)}), soft));
  EXPECT_EQ(a.all("failure").size() + a.all("error").size(), 0u);
  EXPECT_EQ(a.all("skipped").size(), 2u);
  const Element b = checked(  // red at the gate, and nothing more
      junit_report(run_with(Outcome::NotStarted, {finding("a", Held::No)}), soft));
  EXPECT_EQ(b.all("failure").size() + b.all("error").size(), 0u);
  // A failure is never soft.
  const Element c =
      checked(junit_report(run_with(Outcome::Failed, {finding("a", Held::No)}), soft));
  EXPECT_EQ(c.all("failure").size(), 1u);
}

TEST(Junit, SeveralRunsAreSuitesOfOneDocument) {
  JunitDocument document;
  document.add(run_with(Outcome::Failed, {finding("a", Held::No)}));
  document.add(run_with(Outcome::Failed, {finding("a", Held::No)}));
  document.add(run_with(Outcome::Held, {finding("a", Held::Yes)}));
  const Element root = checked(document.text());
  EXPECT_EQ(root.all("testsuite").size(), 3u);
  EXPECT_EQ(root.attributes.at("tests"), "6");
  EXPECT_EQ(root.attributes.at("failures"), "2");
  std::set<std::string> names;  // all of one experiment
  for (const Element* one : root.all("testcase")) names.insert(one->attributes.at("name"));
  EXPECT_EQ(names.size(), 6u);
}

TEST(Junit, WhateverTheNamesContain) {
  const std::string nasty =
      "a<b>&\"'\x01\x1b\x7f\xff\xc3\x28\xed\xa0\x80\xef\xbf\xbf ]]> ü ✓ \xf0\x9f\x98\x80";
  Finding f = finding(nasty, Held::No);
  f.sentence = nasty;
  f.evidence.push_back({1, 2, nasty, nasty, nasty});
  const Element root = checked(junit_report(run_with(Outcome::Failed, {f, f})));
  EXPECT_NE(root.all("testcase").at(0)->attributes.at("name").find("ü ✓ \xf0\x9f\x98\x80"),
            std::string::npos);
}

TEST(Junit, AJournalWithoutAnEndIsAnError) {
  const Element root =
      checked(junit_report(view_of(JournalBuilder("x").traffic("l", 0, 2, {}).events())));
  EXPECT_EQ(root.all("error").size(), 1u);
}

TEST(GitHub, AnnotationsAreEscapedAndAtMostTen) {
  std::vector<Finding> findings;
  for (int i = 0; i < 12; ++i)
    findings.push_back(finding("n" + std::to_string(i) + ": a,b", Held::No));
  findings[0].sentence = "50 %\nsecond line";
  const std::string text = github_annotations(run_with(Outcome::Failed, findings));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "::error file=x.yaml,line=3,title=x / n0%3A a%2Cb::measured p95 1s, limit p95 < "
            "400ms%0A50 %25%0Asecond line%0Aat x.yaml:3");
}
