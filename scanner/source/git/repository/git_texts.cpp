#include "scanner/source/git/repository/git_texts.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {
namespace {

class TextReader {
 public:
  TextReader(const Repository& repository, const RefSnapshot& refs, const GitTextOptions& options,
             const std::function<void(const GitText&)>& visit)
      : repository_(repository), refs_(refs), options_(options), visit_(visit) {}

  Coverage read() {
    const std::string& root = repository_.common_dir;
    const FoundFiles found =
        find_files(root, options_.most_files, {"objects", "refs", "modules", "reftable"});
    if (found.cut)
      gap(GapKind::unreadable, "limit", "", "the git directory has too many or too deep files");
    for (const std::string& name : found.unread_folders)
      gap(GapKind::unreadable, "permission", name, "the folder cannot be listed");
    for (const FoundFile& file : found.files) {
      if (is_left_out(file.name)) continue;
      if (file.kind == EntryKind::link) {
        if (last_part(file.name) != "HEAD")
          gap(GapKind::set_aside, "link", file.name, "links in a git directory are not followed");
        continue;
      }
      if (file.kind != EntryKind::file) {
        gap(GapKind::set_aside, "special", file.name, "it is a special file");
        continue;
      }
      if (file.name == "packed-refs")
        read_packed_refs();
      else
        read_file(file.name);
    }
    for (const Ref& ref : refs_.refs)
      if (!ref.packed) read_name(ref);
    return std::move(coverage_);
  }

 private:
  void gap(GapKind kind, std::string code, std::string_view name, std::string reason) {
    coverage_.gaps.push_back(
        {kind, std::move(code), join_path(options_.place, name), std::move(reason), 1});
  }

  // Indexes hold ids and numbers (their paths are judged with what is staged), and refs of linked work
  // trees come by name.
  static bool is_left_out(std::string_view name) {
    const std::string_view last = last_part(name);
    if (last.starts_with("sharedindex.")) return true;
    if (name.starts_with("worktrees/")) {
      const std::string_view below = name.substr(std::min(name.find('/', 10), name.size() - 1) + 1);
      return below == "index" || below.starts_with("refs/") || below.starts_with("modules/");
    }
    return name == "index";
  }

  bool is_unchanged_sample(const std::string& name, std::string_view bytes) const {
    if (!name.starts_with("hooks/") || !name.ends_with(".sample") || options_.template_folder.empty())
      return false;
    const auto original = read_plain_file(join_path(options_.template_folder, name), 1u << 20);
    return original && *original == bytes;
  }

  std::shared_ptr<Origin> origin(std::string_view name) const {
    auto made = std::make_shared<Origin>();
    made->kind = Origin::Kind::git_text;
    made->path = join_path(options_.place, name);
    made->root = options_.root;
    made->absolute_path = repository_.common_dir;
    return made;
  }

  void read_file(const std::string& name) {
    const std::string path = join_path(repository_.common_dir, name);
    const auto map = PlainMap::open(path, std::uint64_t{1} << 46);
    if (!map) {
      if (map.error().code != "absent")
        gap(GapKind::unreadable, map.error().code, name, map.error().message);
      return;
    }
    const std::string_view bytes = map->bytes();
    if (is_unchanged_sample(name, bytes)) return;
    ++coverage_.files;
    coverage_.bytes += bytes.size();
    if (bytes.empty()) return;
    GitText text;
    const bool log = name.starts_with("logs/") ||
                     (name.starts_with("worktrees/") && name.find("/logs/") != std::string::npos);
    text.provenance = log ? ProvenanceClass::reflog : ProvenanceClass::worktree;
    const auto from = origin(name);
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) from->mode = status.st_mode;
    text.document.origin = from;
    if (bytes.size() <= options_.piece_bytes) {
      text.document.bytes = bytes;
      visit_(text);
      return;
    }
    const std::uint64_t overlap = std::min(options_.overlap_bytes, options_.piece_bytes / 2);
    text.document.whole = false;
    std::uint64_t line = 1;
    std::uint64_t column = 1;
    std::uint64_t at = 0;
    while (true) {
      const std::string_view piece = bytes.substr(at, options_.piece_bytes);
      text.document.bytes = piece;
      text.document.offset = at;
      text.document.line = line;
      text.document.column = column;
      text.document.seen = at == 0 ? 0 : overlap;
      visit_(text);
      if (at + piece.size() == bytes.size()) return;
      const std::uint64_t next = at + piece.size() - overlap;
      for (; at < next; ++at) {
        const auto c = static_cast<unsigned char>(bytes[at]);
        if (c == '\n') {
          ++line;
          column = 1;
        } else if ((c & 0xc0) != 0x80) {
          ++column;
        }
      }
    }
  }

  // packed-refs, cut where the class of the names changes.
  void read_packed_refs() {
    const auto map =
        PlainMap::open(join_path(repository_.common_dir, "packed-refs"), std::uint64_t{1} << 30);
    if (!map) {
      if (map.error().code != "absent")
        gap(GapKind::unreadable, map.error().code, "packed-refs", map.error().message);
      return;
    }
    const std::string_view bytes = map->bytes();
    ++coverage_.files;
    coverage_.bytes += bytes.size();
    const std::size_t digits = hash_bytes(repository_.hash) * 2;
    GitText text;
    text.document.origin = origin("packed-refs");
    text.document.whole = false;
    std::size_t begin = 0;
    std::uint64_t begin_line = 1;
    std::uint64_t line_number = 1;
    const auto emit = [&](std::size_t end) {
      if (end == begin) return;
      text.document.bytes = bytes.substr(begin, end - begin);
      text.document.offset = begin;
      text.document.line = begin_line;
      visit_(text);
      begin = end;
      begin_line = line_number;
    };
    std::size_t at = 0;
    while (at < bytes.size()) {
      const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
      const std::string_view line = bytes.substr(at, end - at);
      if (line.size() > digits + 1 && line.front() != '#' && line.front() != '^') {
        const std::string_view name = line.substr(digits + 1);
        const ProvenanceClass reach = class_of_ref(name);
        const bool tracking = is_remote_tracking(repository_, name);
        if (reach != text.provenance || tracking != text.remote_tracking) {
          emit(at);
          text.provenance = reach;
          text.remote_tracking = tracking;
        }
      }
      at = std::min(end + 1, bytes.size());
      ++line_number;
    }
    emit(bytes.size());
  }

  void read_name(const Ref& ref) {
    if (ref.name.size() < options_.least_name) return;
    GitText text;
    text.provenance = ref.reach;
    text.remote_tracking = ref.remote_tracking;
    text.document.bytes = ref.name;
    text.document.origin = origin(ref.name);
    coverage_.bytes += ref.name.size();
    visit_(text);
  }

  const Repository& repository_;
  const RefSnapshot& refs_;
  const GitTextOptions& options_;
  const std::function<void(const GitText&)>& visit_;
  Coverage coverage_;
};

}  // namespace

Coverage read_git_texts(const Repository& repository, const RefSnapshot& refs,
                        const GitTextOptions& options,
                        const std::function<void(const GitText&)>& visit) {
  return TextReader(repository, refs, options, visit).read();
}

}  // namespace kimiguard::git
