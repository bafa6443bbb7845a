// The rest of the matrix: every place, command, store and setting that a profile names by itself, on every layout.
#include <algorithm>

#include "tests/agents/matrix.h"

namespace kimiguard {
using namespace test;

namespace {

using agents::FileSpec;
using agents::KnobSpec;
using agents::Profile;
using agents::System;

std::vector<std::string> spelled(const agents::Selectors& selectors) {
  std::vector<std::string> all;
  for (const config::Selector& selector : selectors)
    for (std::string& one : spellings(selector.text())) all.push_back(std::move(one));
  return all;
}

// A state that one of a profile's lists gives, alone in its home: tried once for whether it applies, and then a sample
// for each tool.
struct Single {
  std::string title;
  std::string rule;
  std::function<std::optional<Expected>(Scene&)> plant;
};

void each_single(const std::string& salt, std::size_t count,
                 const std::function<std::vector<Single>(const Profile&, System, Keys&)>& states) {
  for (const System system : kSystems) {
    Keys keys(seed() * 64 + 11);
    for (const Profile& profile : profiles().tools) {
      std::vector<Single> all = states(profile, system, keys);
      std::erase_if(all, [&](const Single& one) {
        Scene trial(system);
        return !one.plant(trial);
      });
      for (const std::size_t index :
           sampled(all.size(), count, salt + "/" + profile.id + "/" + std::string(agents::name(system)))) {
        Scene scene(system);
        std::optional<Expected> expected = all[index].plant(scene);
        REQUIRE(expected);
        expected->rule = all[index].rule;
        expected->tool = profile.id;
        expected->title = profile.id + " " + all[index].title;
        scene.own.insert(expected->at.file);
        scene.expected.push_back(std::move(*expected));
        judge(scene, all[index].rule);
      }
    }
  }
}

// A value that the knob calls bad; nothing where only its absence is.
std::optional<Tree> bad_value(const KnobSpec& knob) {
  if (!knob.missing.empty()) return Tree("kimi-k3");
  if (knob.present) return Tree("another");
  for (const std::string& value : knob.equals)
    if (!value.empty()) return Tree(value);
  if (!knob.not_equals.empty()) return Tree("30m");
  if (knob.above) return Tree(static_cast<std::int64_t>(*knob.above) + 1);
  if (knob.below) return Tree(static_cast<std::int64_t>(*knob.below) - 1);
  return std::nullopt;
}

// An export is judged where the knob names it.
bool is_settings(const FileSpec& file, const KnobSpec& knob) {
  return file.role == agents::Role::config || file.role == agents::Role::state || file.role == agents::Role::secrets ||
         (!knob.file.empty() && file.id == knob.file);
}

// A way with the tool's own Kimi connection, in `file` if there is one there.
std::optional<Way> kimi_way(const Scene& scene, const Profile& profile, const KnobSpec& knob, const FileSpec* file) {
  std::optional<Way> found;
  for (const Way& way : scene.writer.ways(profile)) {
    if (scene.writer.base(way).empty() || way.file->in_project() || !is_settings(*way.file, knob)) continue;
    if (!knob.providers.empty() && std::find(knob.providers.begin(), knob.providers.end(), way.provider) == knob.providers.end()) continue;
    if (file != nullptr && way.file != file) {
      if (!found) found = way;
      continue;
    }
    // What is said of each connection is said in that connection's table.
    if (knob.each && way.slot->each->text() != knob.each->text()) {
      if (!found || found->file != way.file) found = way;
      continue;
    }
    return way;
  }
  return found;
}

enum class How { written, absent, exported };

std::optional<Expected> plant_knob(Scene& scene, const Profile& profile, const KnobSpec& knob, How how, Keys& keys) {
  const FileSpec* file = knob.file.empty() ? nullptr : profile.file_named(knob.file);
  Expected expected;
  std::optional<Way> way = kimi_way(scene, profile, knob, file);
  if (!way && !knob.any_provider) return std::nullopt;
  if (way) {
    const std::string key = way->product == Product::platform ? keys.platform() : keys.kimi_code();
    auto planted = scene.writer.plant(scene.files, *way, {key, "", std::nullopt, std::nullopt});
    if (!planted) return std::nullopt;
    expected.planted = *planted;
    if (file == nullptr) file = way->file;
  }
  if (file == nullptr || !is_settings(*file, knob)) return std::nullopt;
  const std::vector<std::string> places = scene.writer.places(profile, *file);
  if (places.empty()) return std::nullopt;
  const std::string path = way && way->file == file ? expected.planted.file : places.front();
  const std::optional<Tree> value = bad_value(knob);
  if (how == How::exported) {
    if (!value || knob.variable.empty()) return std::nullopt;
    const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
    scene.files.export_variable(knob.variable, text);
    expected.at = Spot{scene.home.path(".bashrc"), knob.variable, false};
    return expected;
  }
  const bool database = format_of(*file, path) == "sqlite";
  if (how == How::absent) {
    // Only where the file is there all the same.
    if (!knob.absent_is_bad || !way || way->file != file || file->role == agents::Role::secrets) return std::nullopt;
    expected.at = Spot{path, "", database};
    expected.any_line = true;
    return expected;
  }
  if (!value) return std::nullopt;
  std::string spelling;
  for (const std::string& one : spelled(knob.selector)) {
    const bool of_table = std::any_of(file->tables.begin(), file->tables.end(),
                                      [&](const agents::TableSpec& table) { return one.starts_with(table.table + "."); });
    if (spelling.empty() && (of_table || !database || knob.each)) spelling = one;
  }
  if (spelling.empty()) return std::nullopt;
  Steps slot;
  if (knob.each)
    slot = way && way->file == file && way->slot->each->text() == knob.each->text() ? expected.planted.slot
                                                                                   : steps_of(knob.each->text(), "kimi");
  for (const config::Selector& with : knob.with)
    scene.files.put(path, *file, slot + steps_of(with.text(), "kimi") + Steps{{"storage", false}}, "file");
  const Steps steps = slot + steps_of(spelling, "kimi");
  // What is there already is bad by what is beside it or missing.
  expected.any_line = (knob.present || !knob.missing.empty()) && at(scene.files.tree(path), steps) != nullptr;
  if (!expected.any_line) scene.files.put(path, *file, steps, *value);
  expected.at = Spot{path, value->is_string() ? value->get<std::string>() : value->dump(), database};
  return expected;
}

}  // namespace

TEST_CASE("matrix: kimi-key-unread, every place that a profile names") {
  each_single("unread", 4, [](const Profile& profile, System, Keys& keys) {
    std::vector<Single> all;
    for (const FileSpec& file : profile.files)
      for (const agents::UnreadSpec& unread : file.unread)
        for (const std::string& spelling : spelled(unread.selector))
          all.push_back({spelling, "kimi-key-unread", [&, spelling](Scene& scene) -> std::optional<Expected> {
                           const auto places = scene.writer.places(profile, file);
                           if (places.empty()) return std::nullopt;
                           Expected expected;
                           expected.at = {places[keys.from("01234567", 1)[0] % places.size()], keys.platform(), false};
                           scene.files.put(expected.at.file, file, steps_of(unread.each->text(), "kimi") + steps_of(spelling, "kimi"), expected.at.text);
                           return expected;
                         }});
    return all;
  });
}

TEST_CASE("matrix: kimi-endpoint-untrusted, commands in a project's file that hand out a key") {
  each_single("helper", 4, [](const Profile& profile, System, Keys&) {
    std::vector<Single> all;
    for (const FileSpec& file : profile.files)
      for (const config::Selector& helper : file.helpers)
        all.push_back({helper.text(), "kimi-endpoint-untrusted", [&](Scene& scene) -> std::optional<Expected> {
                         const auto places = scene.writer.places(profile, file);
                         if (places.empty() || !file.in_project()) return std::nullopt;
                         Expected expected;
                         expected.at = {places.front(), "sh get-it.sh", false};
                         scene.files.put(expected.at.file, file, steps_of(helper.text(), "kimi"), expected.at.text);
                         return expected;
                       }});
    return all;
  });
}

TEST_CASE("matrix: kimi-silent-fallback and kimi-quota-burn, every setting that a profile names") {
  each_single("knob", 3, [](const Profile& profile, System, Keys& keys) {
    std::vector<Single> all;
    for (const KnobSpec& knob : profile.knobs)
      for (const How how : {How::written, How::absent, How::exported})
        all.push_back({knob.key_path + (how == How::absent ? " absent" : how == How::exported ? " exported" : ""), knob.rule,
                       [&, how](Scene& scene) { return plant_knob(scene, profile, knob, how, keys); }});
    return all;
  });
}

TEST_CASE("matrix: kimi-weak-store, every store whose password is known") {
  each_single("weak", 2, [](const Profile& profile, System system, Keys& keys) {
    std::vector<Single> all;
    for (const FileSpec& file : profile.files) {
      for (const agents::WeakSpec& weak : file.weak) {
        if (!weak.systems.empty() && std::find(weak.systems.begin(), weak.systems.end(), agents::name(system)) == weak.systems.end()) continue;
        all.push_back({file.paths.front(), "kimi-weak-store", [&](Scene& scene) -> std::optional<Expected> {
                         const auto places = scene.writer.places(profile, file);
                         if (places.empty()) return std::nullopt;
                         Expected expected;
                         expected.any_line = true;
                         expected.at = {places.front(), "", !file.tables.empty()};
                         const std::string folder = places.front().substr(0, places.front().rfind('/') + 1);
                         if (!weak.beside.empty()) scene.home.write_at(folder + weak.beside, keys.alnum(40));
                         if (!file.tables.empty()) {
                           // Electron's Buffer, as VS Code writes it: v10 and what is encrypted.
                           std::string row;
                           for (const agents::TableSpec& table : file.tables)
                             if (table.like.starts_with("secret://")) row = table.like;
                           row.erase(std::remove(row.begin(), row.end(), '*'), row.end());
                           Tree bytes = Tree::array();
                           for (const char c : weak.begins + keys.alnum(32)) bytes.push_back(static_cast<int>(c));
                           scene.files.put(places.front(), file, {{file.tables.front().table}, {row + ".1"}, {"value"}},
                                           Tree{{"type", "Buffer"}, {"data", bytes}});
                         } else {
                           const auto selectors = spelled(weak.selector);
                           scene.files.put(places.front(), file, steps_of(selectors.empty() ? "data" : selectors.front(), "kimi"), keys.alnum(40));
                         }
                         return expected;
                       }});
      }
    }
    return all;
  });
}

}  // namespace kimiguard
