// The audit's two tables, by key and by tool, for each kind of report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/inventory.h"
#include "scanner/report/facts.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {

// For terminals: both tables, wrong rows first, right ones folded to a line unless `verbose`. Every line
// fits options.width.
std::vector<std::string> inventory_lines(const Inventory& inventory, const Rulebook& rulebook,
                                         const Options& options);

// {"home", "system", "tools", "keys": […], "connections": […]}, see schema/.
Json inventory_facts(const Inventory& inventory);

// A Mermaid flowchart: keys to the tools that use them to the hosts they talk to; wrong ways in red.
// In the language of the options; nothing in it needs escaping by whoever embeds it in Markdown.
std::string inventory_graph(const Inventory& inventory, const Rulebook& rulebook, const Options& options);

// "Kimi Code key", "key of the Open Platform, region not known".
std::string key_words(const KeyEntry& key, const Rulebook& rulebook, std::string_view language);
// "the tool's default", "environment, MOONSHOT_API_KEY", "~/.x/y.json:12".
std::string source_words(const SettingPlace& part, std::string_view language);
// "Cline (plan)".
std::string connection_name(const ConnectionEntry& connection);
// "api.moonshot.cn/v1", or what stands there instead of an address.
std::string target_words(const ConnectionEntry& connection, std::string_view language);
// The faults' titles, most severe first: "Key and host do not fit (medium)".
std::vector<std::string> verdict_words(const ConnectionEntry& connection, const Rulebook& rulebook,
                                       std::string_view language);
// "backup", "the tool's own store" …; "" for an ordinary file.
std::string_view kind_words(PlaceKind kind, std::string_view language);
// "0600"; "" for none.
std::string mode_words(std::uint32_t mode);

}  // namespace kimiguard::report
