#include "tests/source/git/objects/sandbox.h"

#include <git2.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>

#include "tests/support/catch.h"

namespace kimiguard::git::testing {
namespace {

constexpr std::string_view kEnvironment =
    "export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org "
    "GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org GIT_AUTHOR_DATE='1700000000 +0000' "
    "GIT_COMMITTER_DATE='1700000000 +0000' LC_ALL=C; unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE; set -e; ";

}  // namespace

Sandbox::Sandbox() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kimiguard-objects-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  root_ = pattern;
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string Sandbox::path(const std::string& below) const {
  return below.empty() ? root_.string() : (root_ / below).string();
}

void Sandbox::run(const std::string& command) const {
  const std::string line = std::string(kEnvironment) + "cd '" + path() + "'; { " + command + "\n} >/dev/null 2>err.txt";
  INFO(command);
  const int status = std::system(line.c_str());
  INFO(read_file(path("err.txt")));
  REQUIRE(status == 0);
}

std::string Sandbox::output(const std::string& command) const {
  run("{ " + command + "\n} > out.txt");
  return read_file(path("out.txt"));
}

void write_file(const std::string& path, std::string_view bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::error_code ignored;
  std::filesystem::permissions(path, std::filesystem::perms::owner_write, std::filesystem::perm_options::add, ignored);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("cannot write " + path);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Random::text(std::size_t length, std::string_view alphabet) {
  std::string text;
  text.reserve(length);
  for (std::size_t i = 0; i < length; ++i) text.push_back(alphabet[below(alphabet.size())]);
  return text;
}

void make_history(const Sandbox& sandbox, const std::string& folder, int commits, const std::string& init) {
  sandbox.run("git init -q -b main " + init + " '" + folder + "'");
  Random random(static_cast<std::uint64_t>(commits) + 7);
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i) lines.push_back(random.text(30, "abcdefghij klmnop"));
  std::string commands = "cd '" + folder + "'; ";
  for (int commit = 0; commit < commits; ++commit) {
    for (int change = 0; change < 5; ++change) lines[random.below(lines.size())] = random.text(40);
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    write_file(sandbox.path(folder + "/big" + std::to_string(commit % 3) + ".txt"), text);
    write_file(sandbox.path(folder + "/dir/small" + std::to_string(commit % 7)), random.text(50));
    write_file(sandbox.path(folder + "/dir/binary"), random.text(3000, std::string_view("\0\1\2\xff\xfe", 5)));
    if (commit == 0) write_file(sandbox.path(folder + "/empty"), "");
    sandbox.run("cd '" + folder + "'; git add -A; git commit -q -m 'commit " + std::to_string(commit) + "'");
  }
  sandbox.run("cd '" + folder + "'; git tag -a -m 'a message' v1; git checkout -q -b side HEAD~2; echo side > side.txt; "
              "git add -A; git commit -q -m side; git checkout -q main; git merge -q --no-edit side");
}

Objects objects_by_git(const Sandbox& sandbox, const std::string& folder) {
  const std::string all =
      sandbox.output("git -C '" + folder + "' cat-file --batch-all-objects --batch --buffer --unordered");
  Objects objects;
  std::size_t at = 0;
  while (at < all.size()) {
    const std::size_t end = all.find('\n', at);
    const std::string head = all.substr(at, end - at);
    const std::size_t first = head.find(' ');
    const std::size_t second = head.find(' ', first + 1);
    const std::size_t size = std::stoul(head.substr(second + 1));
    objects[head.substr(0, first)] = {head.substr(first + 1, second - first - 1), all.substr(end + 1, size)};
    at = end + 1 + size + 1;
  }
  return objects;
}

Objects objects_by_libgit2(const std::string& objects_dir) {
  ::git_libgit2_init();
  Objects objects;
  ::git_odb* odb = nullptr;
  REQUIRE(::git_odb_open(&odb, objects_dir.c_str()) == 0);
  std::vector<::git_oid> ids;
  ::git_odb_foreach(
      odb,
      [](const ::git_oid* id, void* list) {
        static_cast<std::vector<::git_oid>*>(list)->push_back(*id);
        return 0;
      },
      &ids);
  for (const ::git_oid& id : ids) {
    ::git_odb_object* object = nullptr;
    if (::git_odb_read(&object, odb, &id) != 0) continue;
    char hex[41] = {};
    ::git_oid_fmt(hex, &id);
    objects[hex] = {::git_object_type2string(::git_odb_object_type(object)),
                    std::string(static_cast<const char*>(::git_odb_object_data(object)),
                                ::git_odb_object_size(object))};
    ::git_odb_object_free(object);
  }
  ::git_odb_free(odb);
  ::git_libgit2_shutdown();
  return objects;
}

namespace {

class Collector : public ObjectVisitor {
 public:
  Collector(Walked& walked, std::mutex& mutex) : walked_(walked), mutex_(mutex) {}
  unsigned every_object() const override { return kEveryType; }
  void object(const ObjectView& view, const std::vector<Hit>&) override {
    const std::lock_guard lock(mutex_);
    const bool added =
        walked_.objects.emplace(view.id.hex(), std::make_pair(std::string(name(view.type)), std::string(view.bytes)))
            .second;
    if (!added) ++walked_.repeated;
  }

 private:
  Walked& walked_;
  std::mutex& mutex_;
};

}  // namespace

Walked walk_all(const std::string& objects_dir, HashKind kind, unsigned threads, WalkOptions options,
                const StoreOptions& store_options) {
  Walked walked;
  std::mutex mutex;
  options.threads = threads;
  auto store = ObjectStore::open(objects_dir, kind, store_options);
  REQUIRE(store.ok());
  walked.report = walk(**store, options, [&](unsigned) { return std::make_unique<Collector>(walked, mutex); });
  return walked;
}

bool has_gap(const std::vector<Gap>& gaps, std::string_view code) {
  for (const Gap& gap : gaps)
    if (gap.code == code) return true;
  return false;
}

}  // namespace kimiguard::git::testing
