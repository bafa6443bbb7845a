#include "scanner/cli/output.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "scanner/report/redactor.h"
#include "scanner/report/writer.h"

namespace kimiguard::cli {
namespace {

struct Wanted {
  std::string format;
  std::string file;  // "" = standard output
};

std::vector<Wanted> wanted_reports(const CommonOptions& options) {
  std::vector<Wanted> wanted;
  for (const std::string& report : options.reports) {
    const std::size_t equals = report.find('=');
    wanted.push_back({report.substr(0, equals), equals == std::string::npos ? "" : report.substr(equals + 1)});
  }
  if (!options.output.empty())
    wanted.push_back({options.format.empty() ? "text" : options.format, options.output == "-" ? "" : options.output});
  else if (!options.format.empty())
    wanted.push_back({options.format, ""});
  else if (options.reports.empty())
    wanted.push_back({"text", ""});
  return wanted;
}

bool colors(const CommonOptions& options, int descriptor) {
  if (options.color == "always") return true;
  if (options.color == "never" || std::getenv("NO_COLOR") != nullptr) return false;
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) != 0 && !(term != nullptr && std::string_view(term) == "dumb");
}

int columns(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) != 0 && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* set = std::getenv("COLUMNS"); set != nullptr && std::atoi(set) > 20) return std::atoi(set);
  return 80;
}

report::Options options_for(const CommonOptions& options, const report::Writer& writer, int descriptor) {
  report::Options made;
  made.language = writer.for_people || options.lang_given ? options.language() : "en";
  made.with_suppressed = options.with_suppressed;
  made.verbose = options.verbose;
  made.quiet = options.quiet;
  made.width = columns(descriptor);
  made.color = descriptor >= 0 && colors(options, descriptor);
  made.how_to_purge = options.how_to_purge;
  made.show_secrets = options.show_secrets && writer.name == "text";
  made.time = static_cast<std::int64_t>(std::time(nullptr));
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') made.time = std::atoll(epoch);
  return made;
}

}  // namespace

Status write_all(int descriptor, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return Nothing{};
      return Error{"unwritable", std::string("cannot write: ") + std::strerror(errno)};
    }
    done += static_cast<std::size_t>(n);
  }
  return Nothing{};
}

Status write_file(const std::string& path, const std::string& bytes) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  const auto failed = [&] { return Error{"unwritable", "cannot write " + path + ": " + std::strerror(errno)}; };
  if (exists && !S_ISREG(status.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return failed();
    Status done = write_all(fd, bytes);
    ::close(fd);
    return done;
  }
  std::string partial = path + ".XXXXXX";
  const int fd = ::mkostemp(partial.data(), O_CLOEXEC);
  if (fd < 0) return failed();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(fd, exists ? status.st_mode & 07777 : 0666 & ~mask);
  Status done = write_all(fd, bytes);
  if (::close(fd) != 0 && done) done = failed();
  if (done && ::rename(partial.c_str(), path.c_str()) != 0) done = failed();
  if (!done) ::unlink(partial.c_str());
  return done;
}

Status check_outputs(const CommonOptions& options) {
  for (const std::string& report : options.reports) {
    const std::size_t equals = report.find('=');
    if (equals == std::string::npos || equals + 1 == report.size())
      return Error{"usage", "'--report " + report + "' names no file; write --report FORMAT=FILE"};
    if (report::writer_named(report.substr(0, equals)) == nullptr)
      return Error{"usage", "'" + report.substr(0, equals) + "' is no format; use one of " + report::writer_names()};
  }
  for (const Wanted& wanted : wanted_reports(options)) {
    if (wanted.file.empty()) continue;
    const std::size_t slash = wanted.file.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : wanted.file.substr(0, slash);
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
      return Error{"usage", "the folder of the report " + wanted.file + " does not exist; make it first"};
    if (::stat(wanted.file.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
      return Error{"usage", "the report " + wanted.file + " is a folder; name a file"};
  }
  return Nothing{};
}

bool only_text(const CommonOptions& options) {
  const std::vector<Wanted> wanted = wanted_reports(options);
  return std::all_of(wanted.begin(), wanted.end(), [](const Wanted& one) { return one.format == "text"; });
}

Status write_outputs(const CommonOptions& options, const Report& report, const Rulebook& rulebook) {
  const report::CleanReport clean(report);
  bool summary_printed = false;
  bool stdout_used = false;
  for (const Wanted& wanted : wanted_reports(options)) {
    const report::Writer* writer = report::writer_named(wanted.format);
    const bool here = wanted.file.empty();
    std::ostringstream out;
    Status made = report::write_report(wanted.format, clean, rulebook, options_for(options, *writer, here ? STDOUT_FILENO : -1), out);
    if (!made) return made;
    Status done = here ? write_all(STDOUT_FILENO, out.str()) : write_file(wanted.file, out.str());
    if (!done) return done;
    stdout_used = stdout_used || here;
    summary_printed = summary_printed || (here && wanted.format == "text");
  }
  if (!summary_printed) {
    const int descriptor = stdout_used ? STDERR_FILENO : STDOUT_FILENO;
    std::ostringstream out;
    Status made = report::write_report("text", clean, rulebook, options_for(options, *report::writer_named("text"), descriptor), out);
    if (!made) return made;
    return write_all(descriptor, out.str());
  }
  return Nothing{};
}

Status write_graph(const CommonOptions& options, const Report& report, const Rulebook& rulebook) {
  const bool here = options.output.empty() || options.output == "-";
  const report::Writer* text = report::writer_named("text");
  std::ostringstream graph;
  Status made = report::write_graph(report, rulebook, options_for(options, *text, -1), graph);
  if (!made) return made;
  Status done = here ? write_all(STDOUT_FILENO, graph.str()) : write_file(options.output, graph.str());
  if (!done) return done;
  for (const std::string& wanted : options.reports) {
    const std::size_t equals = wanted.find('=');
    const report::Writer* writer = report::writer_named(wanted.substr(0, equals));
    std::ostringstream out;
    if (made = report::write_report(writer->name, report, rulebook, options_for(options, *writer, -1), out); !made) return made;
    if (done = write_file(wanted.substr(equals + 1), out.str()); !done) return done;
  }
  return Nothing{};
}

}  // namespace kimiguard::cli
