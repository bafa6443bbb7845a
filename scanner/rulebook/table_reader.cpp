#include "scanner/rulebook/table_reader.h"

#include <algorithm>
#include <cstddef>

#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::rulebook {
namespace {

std::string quoted(std::string_view text) {
  std::string shown = "'";
  shown += text.substr(0, 60);
  if (text.size() > 60) shown += "…";
  shown += '\'';
  return shown;
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date without quotes";
    case toml::node_type::time:
      return "a time without quotes";
    case toml::node_type::date_time:
      return "a date and time without quotes";
    default:
      return "nothing";
  }
}

bool is_iso_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  }
  const int month = (text[5] - '0') * 10 + (text[6] - '0');
  const int day = (text[8] - '0') * 10 + (text[9] - '0');
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

}  // namespace

std::string place_of(std::string_view file, const toml::source_region& where) {
  return std::string(file) + ":" + std::to_string(where.begin.line) + ":" +
         std::to_string(where.begin.column);
}

const toml::node* TableReader::ask(std::string_view key, Need need) {
  asked_.emplace_back(key);
  const toml::node* node = table_.get(key);
  if (node == nullptr && need == Need::required)
    complaints_.push_back(place_of(file_, table_.source()) + ": " + what_ + " needs a field " +
                          quoted(key) + "; add it");
  return node;
}

void TableReader::wrong_type(const toml::node& node, std::string_view key, std::string_view wanted) {
  complaints_.push_back(place_of(file_, node.source()) + ": " + quoted(key) + " is " +
                        std::string(type_name(node)) + "; it must be " + std::string(wanted));
}

void TableReader::complain(std::string_view key, const std::string& words) {
  const toml::node* node = key.empty() ? nullptr : table_.get(key);
  complaints_.push_back(place_of(file_, node != nullptr ? node->source() : table_.source()) + ": " +
                        words);
}

void TableReader::text(std::string_view key, std::string& out, Need need) {
  const toml::node* node = ask(key, need);
  if (node == nullptr) return;
  const auto* value = node->as_string();
  if (value == nullptr) return wrong_type(*node, key, "a text in quotes, such as \"…\"");
  out = value->get();
  if (need == Need::required && out.empty()) complain(key, quoted(key) + " is empty; write something");
}

void TableReader::texts(std::string_view key, std::vector<std::string>& out, Need need) {
  const toml::node* node = ask(key, need);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong_type(*node, key, "an array of texts, such as [\"…\", \"…\"]");
  out.clear();
  for (const toml::node& element : *array) {
    if (const auto* value = element.as_string())
      out.push_back(value->get());
    else
      wrong_type(element, key, "an array of texts only, each in quotes");
  }
  if (need == Need::required && out.empty()) complain(key, quoted(key) + " is empty; list at least one");
}

void TableReader::localized(std::string_view key, Localized& out, Need need) {
  const toml::node* node = ask(key, need);
  if (node == nullptr) return;
  if (const auto* value = node->as_string()) {
    out.en = value->get();
    out.zh.clear();
    return;
  }
  const toml::table* table = node->as_table();
  if (table == nullptr)
    return wrong_type(*node, key, "a text, or both languages as { en = \"…\", zh = \"…\" }");
  TableReader inner(*table, file_, quoted(key), complaints_);
  inner.text("en", out.en, Need::required);
  inner.text("zh", out.zh);
  inner.finish();
}

void TableReader::flag(std::string_view key, bool& out) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const auto* value = node->as_boolean();
  if (value == nullptr) return wrong_type(*node, key, "true or false, without quotes");
  out = value->get();
}

void TableReader::real(std::string_view key, double& out) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  if (const auto* value = node->as_floating_point())
    out = value->get();
  else if (const auto* integer = node->as_integer())
    out = static_cast<double>(integer->get());
  else
    wrong_type(*node, key, "a number without quotes, such as 3.5");
}

void TableReader::whole(std::string_view key, std::int64_t& out, std::int64_t least, std::int64_t most) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const auto* value = node->as_integer();
  if (value == nullptr) return wrong_type(*node, key, "a whole number without quotes");
  if (value->get() < least || value->get() > most)
    return complain(key, quoted(key) + " is " + std::to_string(value->get()) + "; it must be from " +
                             std::to_string(least) + " to " + std::to_string(most));
  out = value->get();
}

int TableReader::choice(std::string_view key, const std::vector<std::string_view>& allowed, Need need) {
  const toml::node* node = ask(key, need);
  if (node == nullptr) return -1;
  std::string list;
  for (const std::string_view word : allowed) {
    if (!list.empty()) list += ", ";
    list += '"';
    list += word;
    list += '"';
  }
  const auto* value = node->as_string();
  if (value == nullptr) {
    wrong_type(*node, key, "one of " + list);
    return -1;
  }
  const auto found = std::find(allowed.begin(), allowed.end(), std::string_view(value->get()));
  if (found != allowed.end()) return static_cast<int>(found - allowed.begin());
  const std::string_view near = nearest_word(value->get(), allowed);
  complain(key, quoted(value->get()) + " is no value of " + quoted(key) + "; " +
                    (near.empty() ? "write one of " + list : "did you mean " + quoted(near) + "?"));
  return -1;
}

void TableReader::date(std::string_view key, std::string& out) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const auto* value = node->as_string();
  if (value == nullptr) return wrong_type(*node, key, "a date in quotes, such as \"2026-08-31\"");
  if (!value->get().empty() && !is_iso_date(value->get()))
    return complain(key, quoted(value->get()) + " is no date; write it as \"2026-08-31\"");
  out = value->get();
}

void TableReader::tables(std::string_view key, std::string_view what,
                         const std::function<void(TableReader&)>& read) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong_type(*node, key, "an array of tables, such as [{ … }] or [[…]]");
  for (const toml::node& element : *array) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      wrong_type(element, key, "an array of tables only");
      continue;
    }
    TableReader reader(*table, file_, what, complaints_);
    read(reader);
    reader.finish();
  }
}

void TableReader::table(std::string_view key, std::string_view what,
                        const std::function<void(TableReader&)>& read) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) return wrong_type(*node, key, "a table, such as { … }");
  TableReader reader(*table, file_, what, complaints_);
  read(reader);
  reader.finish();
}

void TableReader::values(std::string_view key, std::vector<std::string>& out) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const auto add = [&](const toml::node& one) {
    if (const auto* text = one.as_string()) {
      out.push_back(text->get());
    } else if (const auto* whole = one.as_integer()) {
      out.push_back(std::to_string(whole->get()));
    } else if (const auto* flag = one.as_boolean()) {
      out.emplace_back(flag->get() ? "true" : "false");
    } else {
      wrong_type(one, key, "a text, a whole number, true or false, or an array of those");
    }
  };
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& element : *array) add(element);
  } else {
    add(*node);
  }
}

void TableReader::map(std::string_view key, std::map<std::string, std::string>& out) {
  const toml::node* node = ask(key, Need::optional);
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) return wrong_type(*node, key, "a table of texts, such as { a = \"…\" }");
  for (auto&& [name, value] : *table) {
    if (const auto* text = value.as_string())
      out.emplace(std::string(name.str()), text->get());
    else
      wrong_type(value, key, "a table whose values are texts in quotes");
  }
}

void TableReader::finish() {
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (auto&& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string_view near = nearest_word(name, known);
    std::string mend = "remove it";
    if (!near.empty()) {
      mend = "did you mean " + quoted(near) + "?";
    } else if (!known.empty()) {
      mend = "its fields are ";
      for (std::size_t i = 0; i < known.size(); ++i)
        mend += (i == 0 ? "" : ", ") + std::string(known[i]);
    }
    complaints_.push_back(place_of(file_, key.source()) + ": " + quoted(name) + " is not a field of " +
                          what_ + "; " + mend);
  }
}

}  // namespace kimiguard::rulebook
