// Every tool x layout x rule of connections, made from the profiles: in the wrong state the finding stands at the right
// tool, file and line (recall), in the right state nothing is above a note, and beside a wrong state nothing else is
// (precision).
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/agents/matrix.h"

namespace kimiguard {
using namespace test;

namespace {

using agents::Profile;
using agents::System;

std::string right_key(const Way& way, Keys& keys) {
  return way.product == Product::platform ? keys.platform() : keys.kimi_code();
}
std::string wrong_key(const Way& way, Keys& keys) {
  return way.product == Product::platform ? keys.kimi_code() : keys.platform();
}

// The address where it is written in so many words, else what stands for it or the key.
Spot host_spot(const Planted& planted) { return planted.url.written() ? planted.url : planted.key; }

std::optional<Expected> expect(std::optional<Planted> planted, Spot Planted::*part) {
  if (!planted || !((*planted).*part).written()) return std::nullopt;
  Expected expected;
  expected.at = (*planted).*part;
  expected.planted = std::move(*planted);
  return expected;
}

// The right key and another address. Ways without a place for one do not apply.
State at_url(const std::function<std::string(Scene&, const Way&)>& url) {
  return [url](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (!scene.writer.url_is_written(way)) return std::nullopt;
    const std::string wrong = url(scene, way);
    if (wrong.empty()) return std::nullopt;
    return expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", wrong, std::nullopt}), &Planted::url);
  };
}
// The right pair and another model.
State at_model(const std::function<std::string(const Way&)>& model) {
  return [model](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    const std::string wrong = model(way);
    if (wrong.empty() || scene.writer.base(way).empty()) return std::nullopt;
    return expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", std::nullopt, wrong}), &Planted::model);
  };
}

bool is_scope(const Way& way, const char* scope) { return way.file->in_project() && way.file->scope == scope; }

}  // namespace

TEST_CASE("matrix: every way of every tool in its right state is read right and has no finding above note") {
  each_way("", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (scene.writer.base(way).empty()) return std::nullopt;
    return expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", std::nullopt, std::nullopt}), &Planted::key);
  }, 16);
}

TEST_CASE("matrix: kimi-host-mismatch") {
  each_way("kimi-host-mismatch", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (scene.writer.base(way).empty()) return std::nullopt;
    // Where no address is written, the key itself chooses the host (Hermes).
    if (way.known != nullptr && !way.known->base_url_by_key.empty() && scene.writer.url_is_default(way)) return std::nullopt;
    auto planted = scene.writer.plant(scene.files, way, {wrong_key(way, keys), "", std::nullopt, std::nullopt});
    auto expected = expect(planted, &Planted::key);
    if (expected) expected->at = host_spot(*planted);
    return expected;
  });
}

TEST_CASE("matrix: kimi-key-sent-elsewhere") {
  each_way("kimi-key-sent-elsewhere", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (!scene.writer.url_is_written(way)) return std::nullopt;
    const std::string url = way.protocol.starts_with("anthropic") ? "https://api.anthropic.com" : "https://api.openai.com/v1";
    return expect(scene.writer.plant(scene.files, way, {keys.kimi_code(), "", url, std::nullopt}), &Planted::url);
  });
}

TEST_CASE("matrix: kimi-region-conflict, against the other region in one other file") {
  const Profile& other = *profiles().tool("oh-my-pi");
  each_way("kimi-region-conflict", [&other](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (way.product != Product::platform || scene.writer.base(way).empty()) return std::nullopt;
    const std::string key = keys.platform();
    auto planted = scene.writer.plant(scene.files, way, {key, "", std::nullopt, std::nullopt});
    auto expected = expect(planted, &Planted::key);
    if (!expected) return std::nullopt;
    expected->at = host_spot(*planted);
    const bool global = planted->host_url.find("moonshot.ai") != std::string::npos;
    const agents::FileSpec& file = *other.file_named("models");
    const std::string path = scene.writer.places(other, file).front();
    const std::string name = "of-" + way.profile->id;
    scene.files.put(path, file, {{"providers"}, {name}, {"baseUrl"}}, global ? "https://api.moonshot.cn/v1" : "https://api.moonshot.ai/v1");
    scene.files.put(path, file, {{"providers"}, {name}, {"apiKey"}}, key);
    scene.own.insert(path);
    return expected;
  });
}

TEST_CASE("matrix: kimi-model-mismatch") {
  each_way("kimi-model-mismatch", at_model([](const Way& way) -> std::string {
             return way.product == Product::platform ? "kimi-for-coding" : "kimi-k3";
           }));
}

TEST_CASE("matrix: kimi-model-retired") {
  each_way("kimi-model-retired", at_model([](const Way& way) -> std::string {
             return way.product == Product::platform ? "kimi-k2-0905-preview" : "";
           }));
}

TEST_CASE("matrix: kimi-base-url-shape") {
  each_way("kimi-base-url-shape", at_url([](Scene& scene, const Way& way) -> std::string {
             std::string base = scene.writer.base(way);
             if (way.protocol == "anthropic-v1" || way.protocol.empty() || base.empty()) return {};
             if (way.protocol == "anthropic") return base + (base.ends_with('/') ? "v1" : "/v1");
             if (way.protocol == "openai-root") return base + "/v1";
             if (way.protocol == "openai-endpoint") return base.substr(0, base.find("/chat"));
             return base.substr(0, base.rfind("/v1"));
           }));
}

TEST_CASE("matrix: kimi-endpoint-insecure") {
  each_way("kimi-endpoint-insecure", at_url([](Scene& scene, const Way& way) -> std::string {
             const std::string base = scene.writer.base(way);
             return base.empty() ? base : "http" + base.substr(5);
           }));
}

TEST_CASE("matrix: kimi-endpoint-dead") {
  each_way("kimi-endpoint-dead", at_url([](Scene&, const Way& way) -> std::string {
             return way.product == Product::platform ? "https://api.moonshot.cn/coder/v1" : "";
           }));
}

TEST_CASE("matrix: kimi-auth-conflict, two keys that one file gives one connection") {
  each_way("kimi-auth-conflict", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (way.second == way.key || scene.writer.base(way).empty()) return std::nullopt;
    auto expected = expect(scene.writer.plant(scene.files, way, {right_key(way, keys), right_key(way, keys), std::nullopt, std::nullopt}), &Planted::second_key);
    if (expected) expected->at.text = "sk-";  // either of the two
    return expected;
  });
}

TEST_CASE("matrix: kimi-endpoint-untrusted, an address in a project's file") {
  each_way("kimi-endpoint-untrusted", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (!is_scope(way, "project") || !scene.writer.url_is_written(way)) return std::nullopt;
    return expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", "https://llm.example.net/v1", std::nullopt}), &Planted::url);
  });
}

TEST_CASE("matrix: kimi-file-mode, on the layouts that have modes") {
  each_way("kimi-file-mode", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (scene.system == System::windows || scene.writer.base(way).empty()) return std::nullopt;
    auto expected = expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", std::nullopt, std::nullopt}), &Planted::key);
    if (!expected) return expected;
    expected->any_line = true;
    scene.adjust = [&scene](agents::AuditInput&) {
      for (const Expected& one : scene.expected) ::chmod(one.at.file.c_str(), 0644);
    };
    return expected;
  });
}

TEST_CASE("matrix: kimi-tracked-config") {
  each_way("kimi-tracked-config", [](Scene& scene, const Way& way, Keys& keys) -> std::optional<Expected> {
    if (scene.writer.base(way).empty()) return std::nullopt;
    auto expected = expect(scene.writer.plant(scene.files, way, {right_key(way, keys), "", std::nullopt, std::nullopt}), &Planted::key);
    scene.adjust = [](agents::AuditInput& input) { input.tracked = [](const std::string& path) { return !path.ends_with("/.bashrc"); }; };
    if (!expected || expected->at.file.ends_with("/.bashrc")) return std::nullopt;
    // A project's own settings belong to it, unless they are one person's.
    if (expected->at.file == expected->planted.file && way.file->in_project() && !way.file->personal) return std::nullopt;
    expected->any_line = true;
    return expected;
  });
}

TEST_CASE("matrix: kimi-env-override, one tool at a time") {
  for (const System system : kSystems) {
    Keys keys(seed() * 64 + 7);
    for (const Profile& profile : profiles().tools) {
      struct One {
        const agents::OverrideSpec* rule;
        Way way;
      };
      std::vector<One> all;
      Scene trial(system);
      const auto plant = [&](Scene& scene, const One& one) -> std::optional<Expected> {
        const Way& way = one.way;
        if (!one.rule->providers.empty() &&
            std::find(one.rule->providers.begin(), one.rule->providers.end(), way.provider) == one.rule->providers.end())
          return std::nullopt;
        if (!scene.writer.url_is_written(way) || way.product != Product::platform || scene.writer.base(way).empty())
          return std::nullopt;
        auto expected = expect(scene.writer.plant(scene.files, way, {keys.platform(), "", std::nullopt, std::nullopt}), &Planted::url);
        if (!expected) return std::nullopt;
        const std::string file = written(scene.files.tree(expected->planted.file), "json");
        const bool holds = std::all_of(one.rule->when.begin(), one.rule->when.end(), [&](const auto& when) {
          return file.find("\"" + when.first.text() + "\": \"" + when.second + "\"") != std::string::npos;
        });
        if (!holds) return std::nullopt;
        const std::string other = scene.writer.base(way, "cn");
        scene.files.export_variable(one.rule->base_url.front(), other);
        expected->at = Spot{scene.home.path(".bashrc"), other, false};
        return expected;
      };
      for (const agents::OverrideSpec& rule : profile.overrides) {
        if (rule.base_url.empty()) continue;
        for (const Way& way : trial.writer.ways(profile)) {
          trial.files = HomeFiles();
          if (plant(trial, {&rule, way})) all.push_back({&rule, way});
        }
      }
      for (const std::size_t index : sampled(all.size(), 2, "env/" + profile.id + "/" + std::string(agents::name(system)))) {
        Scene scene(system);
        std::optional<Expected> expected = plant(scene, all[index]);
        REQUIRE(expected);
        expected->rule = "kimi-env-override";
        expected->tool = profile.id;
        expected->title = all[index].way.title();
        scene.own = {expected->at.file, expected->planted.url.file};
        scene.expected.push_back(std::move(*expected));
        judge(scene, "kimi-env-override");
      }
    }
  }
}

// The last of the matrix, in the last of its files: what the others counted.
TEST_CASE("matrix: the tables of a full run are written where they are asked for") {
  const std::string tables = matrix_tables();
  if (const char* file = std::getenv("KIMIGUARD_AUDIT_MATRIX")) std::ofstream(file) << tables;
  CHECK(tables.find("| rule |") == 0);
}

}  // namespace kimiguard
