// The report for people at a terminal. Most important first: the verdict, then each key with what it
// is, where it lies and who may have it, then what to do once per realm, then what was read. Forty
// lines unless more was asked for: the worst key is shown in full, the next as room allows, the rest
// a line each, then a count.
#include <algorithm>
#include <map>

#include "scanner/core/finding_id.h"
#include "scanner/report/changes.h"
#include "scanner/report/digest.h"
#include "scanner/report/inventory.h"
#include "scanner/report/message.h"
#include "scanner/report/purge.h"
#include "scanner/report/terminal.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {
namespace {

using Lines = std::vector<std::string>;
using Ink = Paint::Ink;

constexpr std::size_t kMaxLines = 40;
constexpr std::size_t kMaxPlaces = 5;
constexpr std::size_t kMaxGaps = 3;
constexpr std::size_t kNoLimit = 1U << 30;
constexpr int kProse = 100;  // columns after which prose is hard to read

// How much of a key is shown.
struct Detail {
  std::size_t places;
  bool evidence;
};

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return Ink::critical;
    case Severity::high:
      return Ink::high;
    case Severity::medium:
      return Ink::medium;
    case Severity::low:
      return Ink::low;
    default:
      return Ink::dim;
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

class Page {
 public:
  Page(const CleanReport& report, const Rulebook& rulebook, const Options& options)
      : report_(*report),
        rulebook_(rulebook),
        options_(options),
        voice_(options.language),
        paint_(options.color),
        width_(std::clamp(options.width, 30, 400)),
        digest_(digest(report, rulebook, options.language)) {
    // One label column for the whole page.
    for (const std::string_view label :
         {voice_("Issued by", "签发方"), voice_("Evidence", "依据"), voice_("Where", "位置"),
          voice_("In git", "在 git 中"), voice_("Change", "修改"), voice_("If fine", "若无妨")})
      label_ = std::max(label_, display_width(label));
    label_ += 2;
  }

  void write(std::ostream& out) const {
    Lines lines = page();
    for (const std::string& line : lines) out << line << "\n";
  }

 private:
  Lines page() const {
    const bool full = options_.verbose || options_.quiet;
    const Lines top = options_.quiet ? Lines() : verdict();
    Lines end;
    if (report_.inventory && !options_.quiet) {
      end.emplace_back();
      append(end, inventory_lines(*report_.inventory, rulebook_, options_));
    }
    if (options_.how_to_purge) {
      Lines purge = purge_block();
      append(purge, end);
      end = std::move(purge);
    }
    const std::size_t most = kMaxLines + end.size();
    append(end, footer());
    Lines lines = top;
    if (full) {
      for (const Group& group : digest_.groups)
        append(lines, block(group, Detail{options_.verbose ? kNoLimit : kMaxPlaces, true}));
      if (!report_.inventory) append(lines, inventory(digest_.inventory.size()));
      if (!options_.quiet) append(lines, all_advice());
      append(lines, suppressed());
      append(lines, end);
      return trimmed(lines);
    }
    Lines whole = lines;
    for (const Group& group : digest_.groups) append(whole, block(group, Detail{kMaxPlaces, true}));
    if (!report_.inventory) append(whole, inventory(3));
    append(whole, all_advice());
    append(whole, suppressed());
    append(whole, end);
    if (whole.size() <= most) return trimmed(whole);
    return trimmed(fitted(top, end, most));
  }

  // As much as forty lines hold. In the order of what matters: the worst key in full, a line for each
  // of the next, the steps for the worst, further keys in full, further steps.
  Lines fitted(const Lines& top, const Lines& end, std::size_t most) const {
    const std::size_t fixed = top.size() + end.size();
    std::size_t room = most > fixed + 12 ? most - fixed : 12;
    Lines lines;
    for (int attempt = 0; attempt < 4; ++attempt) {
      lines = top;
      append(lines, middle(room));
      append(lines, end);
      const std::size_t size = trimmed(lines).size();
      if (size <= most || room <= 6) break;
      room -= std::min(room - 6, size - most);
    }
    return lines;
  }

  Lines middle(std::size_t room) const {
    const std::vector<Group>& groups = digest_.groups;
    room -= std::min<std::size_t>(room, 2);  // the line that says how to see more
    std::size_t brief =
        groups.empty() ? 0
                       : std::min<std::size_t>(groups.size() - 1, std::max<std::size_t>(room / 5, 3));
    Lines keys;
    std::size_t shown = 0;
    Lines steps;
    std::size_t shown_steps = 0;
    if (!digest_.advice.empty()) {
      steps = advice_block(digest_.advice.front(), false, room * 2 / 5);
      shown_steps = 1;
    }
    if (!groups.empty()) {
      const std::size_t left = room > brief + steps.size() + 1 ? room - brief - steps.size() - 1 : 3;
      // Fewer places first, then without the evidence; then the steps give way.
      for (const Detail detail : {Detail{kMaxPlaces, true}, Detail{3, true}, Detail{2, true},
                                  Detail{1, true}, Detail{1, false}}) {
        keys = block(groups.front(), detail);
        if (keys.size() <= left) break;
      }
      if (keys.size() > left && shown_steps > 0)
        steps = advice_block(digest_.advice.front(), false,
                             room > keys.size() + brief + 5 ? room - keys.size() - brief - 1 : 4);
      shown = 1;
    }
    std::size_t used = keys.size() + steps.size();
    while (shown < groups.size()) {
      const Lines next = block(groups[shown], Detail{3, true});
      const std::size_t after = std::min(brief > 0 ? brief - 1 : 0, groups.size() - shown - 1);
      if (used + next.size() + after + 1 > room) break;
      append(keys, next);
      used += next.size();
      brief = after;
      ++shown;
    }
    Lines briefs;
    std::size_t listed = shown;
    const std::size_t most =
        room > used + 1 ? std::max(brief, std::min<std::size_t>(room - used - 1, 12)) : brief;
    for (; listed < groups.size() && briefs.size() < most; ++listed)
      briefs.push_back(one_line(groups[listed]));
    used += briefs.size() + (briefs.empty() ? 0 : 1);
    for (; shown_steps > 0 && shown_steps < digest_.advice.size() && used + 5 <= room; ++shown_steps) {
      const Lines next = advice_block(digest_.advice[shown_steps], true, room - used);
      if (used + next.size() > room) break;
      append(steps, next);
      used += next.size();
    }
    append(keys, briefs);
    if (!briefs.empty()) keys.emplace_back();
    append(keys, steps);
    append(keys,
           more_line(!briefs.empty(), groups.size() - listed, digest_.advice.size() - shown_steps));
    return keys;
  }

  // What is not on the page, and how to see it.
  Lines more_line(bool brief, std::size_t hidden, std::size_t hidden_steps) const {
    std::string text;
    const auto add = [&](const std::string& part) {
      if (!text.empty()) text += voice_.comma();
      text += part;
    };
    if (hidden > 0) add(voice_.count(hidden, "more finding", "more findings", "处未列出"));
    if (hidden_steps > 0)
      add(voice_.count(hidden_steps, "more list of steps", "more lists of steps", "组步骤未列出"));
    if (!digest_.inventory.empty() && !report_.inventory)
      add(voice_.count(digest_.inventory.size(), "key in its tool's own store",
                       "keys in their tools' own stores", "个密钥在工具自己的存储中"));
    if (!text.empty()) text += voice_(". ", "。");
    if (brief)
      text += std::string(voice_("To accept one: ", "接受某一项：")) + "kimiguard ignore ID" +
              (report_.command == "audit" ? " --in-home" : "") + " --reason \"…\"" + std::string(voice_(". ", "。"));
    text += voice_("See everything with -v, or as a page: -f html -o report.html",
                   "用 -v 查看全部，或生成网页：-f html -o report.html");
    Lines lines;
    for (const std::string& line : wrapped(text, std::min(width_, kProse + 20)))
      lines.push_back(paint_(Ink::bold, line));
    return lines;
  }

  static void append(Lines& to, const Lines& from) { to.insert(to.end(), from.begin(), from.end()); }

  // No blank line at either end, never two in a row.
  static Lines trimmed(const Lines& lines) {
    Lines out;
    for (const std::string& line : lines) {
      if (line.empty() && (out.empty() || out.back().empty())) continue;
      out.push_back(line);
    }
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
  }

  Lines verdict() const {
    if (digest_.groups.empty()) return {};
    std::map<Severity, std::uint64_t, std::greater<>> counts;
    for (const Group& group : digest_.groups) ++counts[group.severity];
    std::string text;
    if (digest_.keys > 0)
      text = voice_.count(digest_.keys, "key where it should not be", "keys where they should not be",
                          "个密钥出现在不该出现的地方");
    if (digest_.settings > 0) {
      if (!text.empty()) text += voice_(" and ", "，");
      text +=
          voice_.count(digest_.settings, "setting to look at", "settings to look at", "处配置需要检查");
    }
    text += voice_.colon();
    std::string tail;
    std::string plain_tail;
    for (const auto& [severity, count] : counts) {
      if (!tail.empty()) {
        tail += voice_.comma();
        plain_tail += voice_.comma();
      }
      const std::string word = std::to_string(count) + " " + std::string(voice_.severity(severity));
      tail += paint_(ink_of(severity), word);
      plain_tail += word;
    }
    if (display_width(text) + display_width(plain_tail) <= width_)
      return {paint_(Ink::bold, text) + tail, ""};
    Lines lines;
    for (const std::string& line : wrapped(text, width_)) lines.push_back(paint_(Ink::bold, line));
    lines.push_back("  " + tail);
    lines.emplace_back();
    return lines;
  }

  // "  Label     text", wrapped under itself.
  void field(Lines& lines, std::string_view label, const std::string& text, Ink ink = Ink::plain) const {
    const int indent = 2 + label_;
    bool first = true;
    for (const std::string& line : wrapped(text, std::min(width_ - indent, kProse))) {
      lines.push_back("  " +
                      (first ? paint_(Ink::dim, padded(label, label_)) : std::string(label_, ' ')) +
                      paint_(ink, line));
      first = false;
    }
  }

  std::string key_text(const Group& group) const {
    const Finding& finding = group.first();
    if (options_.show_secrets && finding.secret) return printable_line(finding.secret->reveal());
    return group.key;
  }

  Lines block(const Group& group, Detail detail) const {
    Lines lines;
    const std::string severity = upper(voice_.severity(group.severity));
    const std::string id = group.id.substr(0, kShownIdDigits);
    std::string title = printable_line(group.title);
    const std::string key = key_text(group);
    std::string head = severity + "  " + title;
    std::string painted = paint_(ink_of(group.severity), severity) + "  " + paint_(Ink::bold, title);
    if (!key.empty()) {
      head += "  " + key;
      painted += "  " + key;
    }
    const int gap = width_ - display_width(head) - static_cast<int>(id.size());
    if (gap >= 2) {
      // Not at the far edge of a very wide terminal, where nobody looks.
      const int far = std::min(gap, std::max(2, kProse + 12 - display_width(head)));
      lines.push_back(painted + std::string(static_cast<std::size_t>(far), ' ') + paint_(Ink::dim, id));
    } else if (display_width(head) <= width_) {
      lines.push_back(painted);
    } else {
      for (const std::string& line : wrapped(head, width_)) lines.push_back(paint_(Ink::bold, line));
    }
    const Finding& finding = group.first();
    if (group.configuration) {
      const std::string text =
          printable_line(message_of(finding, group.rule, options_.language, When::now).text);
      for (const std::string& line : wrapped(text, std::min(width_ - 2, kProse + label_)))
        lines.push_back("  " + line);
    } else {
      field(lines, voice_("Issued by", "签发方"),
            printable_line(issuer_sentence(group, options_.language)));
      std::string evidence = printable_line(evidence_words(finding, options_.language));
      const std::string sure(voice_.confidence(group.confidence));
      evidence += voice_.chinese() ? "（可信度" + sure + "）"
                                   : (evidence.empty() ? "" : " (") + sure + " confidence" +
                                         (evidence.empty() ? "" : ")");
      if (detail.evidence) field(lines, voice_("Evidence", "依据"), evidence);
    }
    places(lines, group, detail.places);
    const std::vector<std::string> history = provenance_sentences(group, options_.language);
    for (std::size_t i = 0; i < history.size(); ++i) {
      const bool warning = i > 0 && group.situation.exposed;
      field(lines, i == 0 ? voice_("In git", "在 git 中") : std::string_view(),
            printable_line(history[i]), warning ? Ink::high : Ink::plain);
    }
    for (const ChangeStep& step : change_steps(finding)) field(lines, change_label(step, voice_), printable_line(change_words(step, voice_)));
    if (!options_.quiet && !group.id.empty())
      field(lines, voice_("If fine", "若无妨"), ignore_command(finding), Ink::dim);
    lines.emplace_back();
    return lines;
  }

  void places(Lines& lines, const Group& group, std::size_t most) const {
    const std::vector<const Place*>& all = group.places;
    const std::size_t shown = std::min(all.size(), most);
    const int indent = 2 + label_;
    const int room = width_ - indent;
    int column = 0;
    std::vector<std::pair<std::string, std::string>> rows;
    for (std::size_t i = 0; i < shown; ++i) {
      rows.emplace_back(printable_line(spot(*all[i])),
                        printable_line(place_words(*all[i], options_.language)));
    }
    if (group.configuration) {
      for (const Place& setting : group.first().settings) {
        if (rows.size() >= most) break;
        std::string words = printable_line(utf8_name(setting.role));
        const std::string more = printable_line(place_words(setting, options_.language));
        if (!more.empty()) words += (words.empty() ? "" : ", ") + more;
        rows.emplace_back(printable_line(spot(setting)), words);
      }
    }
    for (const auto& [path, words] : rows)
      if (display_width(path) <= room * 3 / 5) column = std::max(column, display_width(path));
    bool first = true;
    for (const auto& [path, words] : rows) {
      const std::string label = "  " + (first ? paint_(Ink::dim, padded(voice_("Where", "位置"), label_))
                                              : std::string(static_cast<std::size_t>(label_), ' '));
      first = false;
      const int path_width = display_width(path);
      const int start = std::max(column, path_width) + 2;
      if (words.empty()) {
        lines.push_back(label + shortened(path, room));
      } else if (start + display_width(words) <= room) {
        lines.push_back(label + padded(path, column) + (path_width > column ? "  " : "  ") +
                        paint_(Ink::dim, words));
      } else if (path_width + 2 + display_width(words) <= room) {
        lines.push_back(label + path + "  " + paint_(Ink::dim, words));
      } else {
        lines.push_back(label + shortened(path, room));
        for (const std::string& line : wrapped(words, room - 2))
          lines.push_back(std::string(static_cast<std::size_t>(indent + 2), ' ') +
                          paint_(Ink::dim, line));
      }
    }
    const std::size_t total = all.size();
    if (total > shown)
      lines.push_back(std::string(static_cast<std::size_t>(indent), ' ') +
                      paint_(Ink::dim, voice_.chinese()
                                           ? "另有 " + grouped_digits(total - shown) + " 处"
                                           : "and " + grouped_digits(total - shown) + " more"));
  }

  std::string one_line(const Group& group) const {
    const std::string severity = upper(voice_.severity(group.severity));
    const int column = voice_.chinese() ? 6 : 10;
    const std::string id = group.id.substr(0, kShownIdDigits);
    std::string rest = printable_line(group.title);
    if (const std::string key = key_text(group); !key.empty()) rest += "  " + key;
    std::string where;
    if (!group.places.empty()) where = printable_line(spot(*group.places.front()));
    if (group.places.size() > 1) where += " +" + std::to_string(group.places.size() - 1);
    const int room = std::min(width_, kProse + 20) - column - static_cast<int>(id.size()) - 2;
    // Where not all has room the key gives way, whose id stands at the end, then the end of a long place.
    const int place = where.empty() ? 0 : 2 + display_width(where);
    if (display_width(rest) + std::min(place, 28) > room) rest = printable_line(group.title);
    if (display_width(rest) + std::min(place, 10) > room) rest = shortened(rest, std::max(room - 26, room / 2));
    std::string text = rest;
    const int left = room - display_width(text) - 2;
    if (left >= 8) text += "  " + shortened(where, left);
    return paint_(ink_of(group.severity), padded(severity, column)) + padded(text, room) + "  " +
           paint_(Ink::dim, id);
  }

  // Whole steps only, about `limit` lines.
  Lines advice_block(const SharedAdvice& shared, bool later, std::size_t limit) const {
    Lines lines;
    if (!later) lines.push_back(paint_(Ink::bold, voice_("What to do", "怎么做")));
    std::string title = printable_line(shared.advice.title);
    std::string ids;
    for (std::size_t i = 0; i < shared.groups.size() && i < 4; ++i)
      ids += (i > 0 ? " " : "") + shared.groups[i]->id.substr(0, kShownIdDigits);
    if (shared.groups.size() > 4) ids += " +" + std::to_string(shared.groups.size() - 4);
    if (digest_.groups.size() > 1) title += "  (" + ids + ")";
    for (const std::string& line : wrapped(title, std::min(width_ - 2, kProse)))
      lines.push_back("  " + paint_(Ink::link, line));
    const std::size_t steps = shared.advice.steps.size();
    for (std::size_t i = 0; i < steps; ++i) {
      const std::size_t before = lines.size();
      const std::string number = std::to_string(i + 1) + ". ";
      bool first = true;
      for (const std::string& line :
           wrapped(printable_text(shared.advice.steps[i]), std::min(width_ - 7, kProse))) {
        lines.push_back("  " + (first ? std::string(i < 9 ? " " : "") + number : std::string(4, ' ')) +
                        line);
        first = false;
      }
      if (i > 0 && lines.size() + 1 + (i + 1 < steps ? 1 : 0) > limit) {
        lines.resize(before);
        lines.push_back(
            "     " +
            paint_(Ink::dim, voice_.chinese()
                                 ? "另有 " + std::to_string(steps - i) + " 步，用 -v 查看"
                                 : "and " + std::to_string(steps - i) + " more; -v lists them"));
        break;
      }
    }
    lines.emplace_back();
    return lines;
  }

  static std::string printable_text(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (at > 0) out += '\n';
      out += printable_line(std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
    return out;
  }

  // Asked for by name, so never cut.
  Lines purge_block() const {
    const std::vector<std::string> steps = purge_steps(digest_, options_.language);
    Lines lines;
    lines.push_back(paint_(Ink::bold, voice_("Taking keys out of git history", "从 git 历史中清除密钥")));
    std::size_t number = 0;
    for (const std::string& step : steps) {
      const std::string text = printable_text(step);
      const std::size_t end = text.find('\n');
      bool first = true;
      const std::string label = steps.size() > 1 ? std::to_string(++number) + ". " : std::string();
      for (const std::string& line : wrapped(text.substr(0, end), std::min(width_ - 7, kProse))) {
        lines.push_back("   " + (first ? label : std::string(label.size(), ' ')) + line);
        first = false;
      }
      // Commands stay whole: to be copied.
      for (std::size_t at = end; at != std::string::npos;) {
        const std::size_t next = text.find('\n', at + 1);
        lines.push_back("    " + text.substr(at + 1, next == std::string::npos ? next : next - at - 1));
        at = next;
      }
    }
    lines.emplace_back();
    return lines;
  }

  Lines all_advice() const {
    Lines lines;
    for (std::size_t i = 0; i < digest_.advice.size(); ++i)
      append(lines, advice_block(digest_.advice[i], i > 0, kNoLimit));
    return lines;
  }

  Lines inventory(std::size_t most) const {
    Lines lines;
    if (digest_.inventory.empty()) return lines;
    lines.push_back(
        paint_(Ink::bold, voice_("Keys where their tools keep them", "存放在工具自己存储中的密钥")) +
        paint_(Ink::dim, voice_(" (listed only)", "（仅列出）")));
    std::size_t shown = 0;
    for (const Group& group : digest_.inventory) {
      if (shown++ == most) {
        lines.push_back(
            "  " +
            paint_(Ink::dim, voice_.chinese()
                                 ? "另有 " + std::to_string(digest_.inventory.size() - most) + " 个"
                                 : "and " + std::to_string(digest_.inventory.size() - most) + " more"));
        break;
      }
      std::string text = key_text(group);
      if (!group.places.empty()) text += "  " + printable_line(spot(*group.places.front()));
      if (group.places.size() > 1) text += " +" + std::to_string(group.places.size() - 1);
      lines.push_back("  " + shortened(text, width_ - 2));
    }
    lines.emplace_back();
    return lines;
  }

  Lines suppressed() const {
    Lines lines;
    if (!options_.with_suppressed || digest_.suppressed.empty()) return lines;
    lines.push_back(paint_(Ink::bold, voice_("Suppressed", "已抑制")));
    for (const Finding* finding : digest_.suppressed) {
      std::string text = finding_id(*finding).substr(0, kShownIdDigits) + "  " + finding->rule;
      if (!finding->places.empty()) text += "  " + printable_line(spot(finding->places.front()));
      for (const std::string& line : wrapped(text, width_ - 2)) lines.push_back("  " + line);
      std::string why = printable_line(utf8_name(finding->suppression->where));
      if (!why.empty()) why += voice_.colon();
      why += printable_line(utf8_name(finding->suppression->justification));
      for (const std::string& line : wrapped(why, width_ - 4))
        lines.push_back("    " + paint_(Ink::dim, line));
    }
    lines.emplace_back();
    return lines;
  }

  Lines footer() const {
    Lines lines;
    const bool clean = digest_.groups.empty();
    const bool missed = report_.coverage.has(GapKind::unreadable);
    std::string text;
    if (clean)
      text = missed ? std::string(voice_("Nothing found in what could be read. ",
                                         "在能读取的内容中未发现问题。"))
                    : std::string(voice_("Nothing found. ", "未发现问题。"));
    text += coverage_line(report_, options_.language);
    Ink ink = missed ? Ink::medium : clean ? Ink::good : Ink::plain;
    if (report_.suppressed > 0) {
      const std::string count = grouped_digits(report_.suppressed);
      text += voice_.chinese() ? count + " 处被抑制" : " " + count + " suppressed";
      if (!options_.with_suppressed)
        text += voice_(" (--with-suppressed lists them)", "（--with-suppressed 可列出）");
      text += voice_.full_stop();
    }
    for (const std::string& line : wrapped(text, std::min(width_, kProse + 20)))
      lines.push_back(paint_(ink, line));
    const std::vector<std::string> gaps = gap_lines(report_, options_.language);
    const std::size_t shown = options_.verbose ? gaps.size() : std::min(gaps.size(), kMaxGaps);
    for (std::size_t i = 0; i < shown; ++i) {
      const std::string safe = printable_line(gaps[i]);
      if (options_.verbose)
        for (const std::string& line : wrapped(safe, width_ - 2)) lines.push_back("  " + line);
      else
        lines.push_back("  " + shortened(safe, width_ - 2));
    }
    if (gaps.size() > shown) {
      std::string more = voice_.chinese()
                             ? "另有 " + std::to_string(gaps.size() - shown) + " 条，用 -v 查看"
                             : "and " + std::to_string(gaps.size() - shown) + " more; -v lists them";
      lines.push_back("  " + more);
    }
    for (const std::string& note : report_.notes)
      for (const std::string& line :
           wrapped(printable_line(utf8_name(note)), std::min(width_, kProse + 20)))
        lines.push_back(paint_(Ink::dim, line));
    return lines;
  }

  const Report& report_;
  const Rulebook& rulebook_;
  const Options& options_;
  Voice voice_;
  Paint paint_;
  int width_;
  int label_ = 0;
  Digest digest_;
};

}  // namespace

void write_text(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                std::ostream& out) {
  Page(report, rulebook, options).write(out);
}

}  // namespace kimiguard::report
