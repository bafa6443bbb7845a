#include "scanner/suppress/fingerprint.h"

#include <algorithm>
#include <set>

#include "tests/support/catch.h"
#include "tests/suppress/finding.h"

namespace kimiguard::suppress {

TEST_CASE("a fingerprint stays when lines move, indentation changes or the file is renamed") {
  std::mt19937_64 random(1);
  const std::string key = random_key(random);
  std::vector<Finding> before = {leak(key, {place("a.env", 3, "KEY= # x")})};
  std::vector<Finding> after = {leak(key, {place("dir/b.env", 90, "\t  KEY=  # x")})};
  assign_fingerprints(before);
  assign_fingerprints(after);
  CHECK(before[0].fingerprint == after[0].fingerprint);
  CHECK(before[0].fingerprint.size() == 32);
  CHECK(before[0].fingerprint == before[0].places[0].fingerprint);
}

TEST_CASE("another rule, key, line or repetition is another fingerprint") {
  std::mt19937_64 random(2);
  const std::string key = random_key(random);
  std::vector<Finding> findings = {leak(key, {place("a", 1), place("a", 5), place("a", 9, "OTHER=")}),
                                   leak(random_key(random), {place("a", 1)})};
  findings.push_back(findings[0]);
  findings.back().rule = "other-rule";
  assign_fingerprints(findings);
  std::set<std::string> prints;
  for (const Finding& finding : findings)
    for (const Place& one : finding.places) prints.insert(one.fingerprint);
  CHECK(prints.size() == 7);
}

TEST_CASE("the order of places does not matter") {
  std::mt19937_64 random(3);
  const std::string key = random_key(random);
  std::vector<Finding> one = {leak(key, {place("a", 1), place("a", 5)})};
  std::vector<Finding> two = {leak(key, {place("a", 5), place("a", 1)})};
  assign_fingerprints(one);
  assign_fingerprints(two);
  CHECK(one[0].places[0].fingerprint == two[0].places[1].fingerprint);
  CHECK(one[0].places[1].fingerprint == two[0].places[0].fingerprint);
}

TEST_CASE("every version of a file in history has the same fingerprint for the same line") {
  std::mt19937_64 random(4);
  Place first = place("a", 1);
  Place second = place("a", 2);
  first.provenance.commit = std::string(40, 'a');
  second.provenance.commit = std::string(40, 'b');
  std::vector<Finding> findings = {leak(random_key(random), {first, second})};
  assign_fingerprints(findings);
  CHECK(findings[0].places[0].fingerprint == findings[0].places[1].fingerprint);
}

TEST_CASE("without a secret the key path counts") {
  std::vector<Finding> findings = {setting("kimi-model-retired", "a.model", "x.json"),
                                   setting("kimi-model-retired", "b.model", "x.json")};
  assign_fingerprints(findings);
  CHECK(findings[0].fingerprint != findings[1].fingerprint);
}

TEST_CASE("paths of a baseline know neither object ids nor dots") {
  CHECK(baseline_path("SRCROOT", ".git/commit/0123456789ab") == "SRCROOT/.git/commit");
  CHECK(baseline_path("%SRCROOT%", "sub/.git/objects/0123") == "SRCROOT/sub/.git/objects");
  CHECK(baseline_path("PATH1", "./a//b/../c") == "PATH1/a/c");
}

}  // namespace kimiguard::suppress
