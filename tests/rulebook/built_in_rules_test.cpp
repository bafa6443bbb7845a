// What must hold of the files in rules/ themselves.
#include <hs.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/check.h"
#include "scanner/rulebook/expression.h"
#include "scanner/rulebook/message.h"
#include "scanner/rulebook/pattern_database.h"
#include "tests/support/catch.h"

using namespace kimiguard;

namespace {

const Rulebook& book() {
  static const Rulebook kBook = [] {
    auto read = read_rulebook(built_in_rule_files());
    if (!read) FAIL(read.error().message);
    return *read;
  }();
  return kBook;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the embedded files are those of rules/") {
  for (std::size_t i = 0; i < kEmbeddedFileCount; ++i) {
    CHECK(kEmbeddedFiles[i].text ==
          text_of(std::filesystem::path(KIMIGUARD_SOURCE_DIR) / "rules" / kEmbeddedFiles[i].name));
    if (i > 0) CHECK(kEmbeddedFiles[i - 1].name < kEmbeddedFiles[i].name);
  }
  CHECK(kEmbeddedFileCount >= 8);
}

TEST_CASE("every expression in rules/ compiles") {
  auto files = built_in_rule_files();
  for (RuleFile& file : files) file.name = "rules/" + file.name.substr(9);  // no longer "built-in:"
  const auto checked = read_rulebook(files);
  CHECK(checked.ok());
  if (!checked) WARN(checked.error().message);
}

TEST_CASE("the embedded database loads here though it was made for a generic machine") {
  if (kEmbeddedDatabaseSize == 0) return;
  const auto* database = reinterpret_cast<const hs_database_t*>(kEmbeddedDatabase);
  std::size_t size = 0;
  REQUIRE(hs_database_size(database, &size) == HS_SUCCESS);
  CHECK(size <= kEmbeddedDatabaseSize);
  hs_scratch_t* scratch = nullptr;
  REQUIRE(hs_alloc_scratch(database, &scratch) == HS_SUCCESS);
  hs_free_scratch(scratch);
  char* info = nullptr;
  REQUIRE(hs_database_info(database, &info) == HS_SUCCESS);
  CHECK_THAT(std::string(info), !ContainsSubstring("AVX"));
  free(info);
}

TEST_CASE("everything that people read is there in both languages and every entry names its source") {
  for (const std::string& missing : check_texts(book())) FAIL_CHECK(missing);
}

TEST_CASE("Chinese texts are Chinese and English ones are not") {
  const auto has_han = [](const std::string& text) {
    return re2::RE2::PartialMatch(text, R"(\p{Han})");
  };
  for (const Rule& rule : book().rules) {
    INFO(rule.id);
    CHECK(has_han(rule.description.zh));
    CHECK_FALSE(has_han(rule.description.en));
  }
  for (const ErrorMeaning& error : book().errors) {
    INFO(error.id);
    CHECK(has_han(error.meaning.zh));
    CHECK_FALSE(has_han(error.meaning.en));
  }
}

TEST_CASE("both languages of a text have the same placeholders") {
  const auto names = [](const std::string& text) {
    std::set<std::string> found;
    re2::StringPiece rest(text);
    std::string name;
    static const re2::RE2 kName(R"(\{([a-z_]+)\})");
    while (re2::RE2::FindAndConsume(&rest, kName, &name)) found.insert(name);
    return found;
  };
  const auto same = [&](const Localized& text) {
    INFO(text.en);
    CHECK(names(text.en) == names(text.zh));
  };
  for (const Rule& rule : book().rules) {
    same(rule.message);
    same(rule.advice);
    for (const MessageVariant& variant : rule.variants) {
      same(variant.message);
      same(variant.advice);
    }
  }
  for (const ErrorMeaning& error : book().errors) {
    same(error.meaning);
    for (const Localized& step : error.steps) same(step);
  }
  for (const Remedy& remedy : book().remedies)
    for (const RemedyStep& step : remedy.steps) same(step.text);
}

TEST_CASE("every rule of the design is there") {
  for (const char* id : {"kimi-code-key",          "moonshot-platform-key",   "kimi-oauth-token",
                         "kimi-web-token",         "unattributed-sk-key",     "kimi-host-mismatch",
                         "kimi-region-conflict",   "kimi-model-mismatch",     "kimi-model-retired",
                         "kimi-base-url-shape",    "kimi-key-sent-elsewhere", "kimi-key-unread",
                         "kimi-auth-conflict",     "kimi-env-override",       "kimi-endpoint-untrusted",
                         "kimi-endpoint-insecure", "kimi-endpoint-dead",      "kimi-file-mode",
                         "kimi-tracked-config",    "kimi-weak-store",         "kimi-silent-fallback",
                         "kimi-quota-burn"}) {
    INFO(id);
    CHECK(book().rule(id) != nullptr);
  }
}

TEST_CASE("a rotation exists for each of the four realms and for keys whose realm is not known") {
  for (const Realm& realm : book().realms) {
    INFO(realm.id);
    const auto found = std::find_if(book().remedies.begin(), book().remedies.end(),
                                    [&](const Remedy& remedy) { return remedy.realm == realm.id; });
    CHECK(found != book().remedies.end());
  }
  const Remedy* unknown = book().remedy("rotate-platform");
  REQUIRE(unknown != nullptr);
  CHECK_THAT(unknown->steps.front().text.en,
             ContainsSubstring("https://platform.kimi.ai/console/api-keys"));
  CHECK_THAT(unknown->steps.front().text.en,
             ContainsSubstring("https://platform.kimi.com/console/api-keys"));
}

TEST_CASE("a public key is deleted before a new one is made, any other after") {
  for (const Remedy& remedy : book().remedies) {
    if (!remedy.id.starts_with("rotate-moonshot")) continue;
    const auto order = [&](std::string_view when) {
      std::vector<std::string> done;
      for (const RemedyStep& step : remedy.steps) {
        if (!step.when.empty() && step.when != when) continue;
        if (step.text.en.find("delete it now") != std::string::npos ||
            step.text.en.starts_with("Delete the old key"))
          done.push_back("delete");
        if (step.text.en.find("reate a new key") != std::string::npos) done.push_back("create");
      }
      return done;
    };
    INFO(remedy.id);
    CHECK(order("public") == std::vector<std::string>{"delete", "create"});
    CHECK(order("private") == std::vector<std::string>{"create", "delete"});
  }
}

TEST_CASE("vendors have no host of Kimi's, and hosts are written in lower case") {
  CHECK(book().realms.size() == 4);
  CHECK(book().vendors.size() >= 60);
  for (const Vendor& vendor : book().vendors)
    for (const std::string& host : vendor.hosts) {
      INFO(vendor.id << " " << host);
      CHECK(host.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ/:") == std::string::npos);
      CHECK(host.find("moonshot") == std::string::npos);
      CHECK(host.find("kimi") == std::string::npos);
    }
}

TEST_CASE("variables say whose key they hold") {
  struct Row {
    const char* name;
    const char* says;
    bool protocol;
  };
  const auto fact_of = [&](const char* name) -> const VariableFact* {
    for (const VariableFact& fact : book().variables)
      if (re2::RE2::FullMatch(
              name, *rulebook::compile_expression(fact.expression, rulebook::Case::insensitive)))
        return &fact;
    return nullptr;
  };
  for (const Row& row : {Row{"MOONSHOT_API_KEY", "platform", false},
                         Row{"moonshotApiKey", "platform", false},
                         Row{"VITE_MOONSHOT_API_KEY", "platform", false},
                         Row{"KIMI_API_KEY", "kimi", false},
                         Row{"NEXT_PUBLIC_KIMI_API_KEY", "kimi", false},
                         Row{"KIMI_CN_API_KEY", "moonshot-cn", false},
                         Row{"MOONSHOT_CN_API_KEY", "moonshot-cn", false},
                         Row{"MOONSHOTAI_API_KEY", "platform", false},
                         Row{"KIMI_CODE_API_KEY", "kimi-code", false},
                         Row{"KIMICODE_API_KEY", "kimi-code", false},
                         Row{"KIMI_CODING_API_KEY", "kimi-code", false},
                         Row{"MOONSHOT_CODING_API_KEY", "kimi-code", false},
                         Row{"FERMI_KIMI_API_KEY", "kimi", false},
                         Row{"FERMI_KIMI_CN_API_KEY", "moonshot-cn", false},
                         Row{"FERMI_KIMI_CODE_API_KEY", "kimi-code", false},
                         Row{"KIMI_MODEL_API_KEY", "kimi", false},
                         Row{"KIMI_AUTH_TOKEN", "web", false},
                         Row{"KIMI_WEB_SEARCH_API_KEY", "kimi-code", false},
                         Row{"MOONSHOT_API_BASE", "platform", false},
                         Row{"MOONSHOT_BASE_URL", "platform", false},
                         Row{"KIMI_BASE_URL", "kimi", false},
                         Row{"KIMI_CODE_BASE_URL", "kimi-code", false},
                         Row{"KIMI_MODEL_NAME", "kimi", false},
                         Row{"OPENAI_API_KEY", "openai", true},
                         Row{"OPENAI_BASE_URL", "openai", true},
                         Row{"OPENAI_API_BASE", "openai", true},
                         Row{"ANTHROPIC_AUTH_TOKEN", "anthropic", true},
                         Row{"ANTHROPIC_API_KEY", "anthropic", true},
                         Row{"ANTHROPIC_BASE_URL", "anthropic", true},
                         Row{"ANTHROPIC_DEFAULT_HAIKU_MODEL", "anthropic", true},
                         Row{"OPENROUTER_API_KEY", "openrouter", false},
                         Row{"DEEPSEEK_API_KEY", "deepseek", false},
                         Row{"SILICONFLOW_CN_API_KEY", "siliconflow", false},
                         Row{"ARK_API_KEY", "volcengine", false},
                         Row{"AZURE_OPENAI_API_KEY", "azure", false},
                         Row{"HF_TOKEN", "huggingface", false}}) {
    INFO(row.name);
    const VariableFact* fact = fact_of(row.name);
    REQUIRE(fact != nullptr);
    CHECK(fact->says == row.says);
    CHECK(fact->protocol == row.protocol);
  }
  CHECK(fact_of("API_KEY") == nullptr);
  CHECK(fact_of("MONKEY") == nullptr);
  CHECK(fact_of("DATABASE_URL") == nullptr);
}

TEST_CASE("retired models have a successor that is not retired itself") {
  CHECK(book().models_as_of == "2026-10-08");
  for (const Model& model : book().models) {
    if (model.retired.empty()) continue;
    INFO(model.id);
    const Model* next = book().model(model.successor, model.product);
    REQUIRE(next != nullptr);
    CHECK(next->retired.empty());
  }
}

TEST_CASE("no file of rules/ holds a key-shaped text") {
  for (std::size_t i = 0; i < kEmbeddedFileCount; ++i) {
    INFO(kEmbeddedFiles[i].name);
    const re2::StringPiece text(kEmbeddedFiles[i].text.data(), kEmbeddedFiles[i].text.size());
    CHECK_FALSE(re2::RE2::PartialMatch(text, "sk-(?:kimi-)?[A-Za-z0-9]{48}"));
    CHECK_FALSE(re2::RE2::PartialMatch(text, R"(eyJ[\w-]{10,}\.eyJ)"));
  }
}

// A report's helpUri is the first of them.
TEST_CASE("every rule names a page of its own that is somebody's") {
  for (const Rule& rule : book().rules) {
    INFO(rule.id);
    REQUIRE_FALSE(rule.references.empty());
    for (const std::string& page : rule.references) {
      CHECK(page.starts_with("https://"));
      CHECK(page.find("kimiguard") == std::string::npos);
    }
  }
}

TEST_CASE("what settings are called is data, in the letters that it is compared in") {
  const SettingNames& names = book().names;
  for (const auto* list : {&names.key_fields, &names.url_fields, &names.key_arguments, &names.url_arguments, &names.model_arguments, &names.credential_headers,
                           &book().sample_words, &book().sample_parts, &book().model_prefixes, &book().kimi_words}) {
    CHECK_FALSE(list->empty());
    for (const std::string& word : *list) {
      INFO(word);
      CHECK_FALSE(word.empty());
      CHECK(std::none_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    }
  }
  for (const auto* list : {&names.credential_schemes, &names.connection_signs, &names.redirect_signs, &book().command_names}) CHECK_FALSE(list->empty());
}

TEST_CASE("the snapshot of the build is the rulebook of the embedded files, field by field") {
  const auto read = read_rulebook(built_in_rule_files());
  const auto kept = built_in_rulebook_snapshot();
  REQUIRE(read.ok());
  REQUIRE(kept.ok());
  // Writing is the same walk over all fields that reading is, so equal bytes are equal books; a few are looked
  // at by themselves.
  CHECK(write_snapshot(*kept) == write_snapshot(*read));
  REQUIRE(kept->rules.size() == read->rules.size());
  for (std::size_t i = 0; i < read->rules.size(); ++i) {
    CHECK(kept->rules[i].id == read->rules[i].id);
    CHECK(kept->rules[i].description.zh == read->rules[i].description.zh);
    CHECK(kept->rules[i].min_entropy == read->rules[i].min_entropy);
    CHECK(kept->rules[i].file == read->rules[i].file);
  }
}

TEST_CASE("a snapshot that was cut or mixed up is refused") {
  const auto read = read_rulebook(built_in_rule_files());
  REQUIRE(read.ok());
  const std::string whole = write_snapshot(*read);
  for (std::size_t size = 0; size < whole.size(); size += 997) CHECK_FALSE(read_snapshot(whole.substr(0, size)).ok());
  CHECK_FALSE(read_snapshot(whole + "x").ok());
  std::string wrong = whole;
  wrong[6] = '\x7F';  // a length
  CHECK_FALSE(read_snapshot(wrong).ok());
}
