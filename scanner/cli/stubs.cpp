#include "scanner/cli/command.h"
namespace kimiguard::cli {
int run_explain(const std::vector<std::string>&) { return 2; }
int run_rules(const std::vector<std::string>&) { return 2; }
}
