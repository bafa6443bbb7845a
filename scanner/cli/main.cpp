#include "scanner/cli/command.h"

int main(int argc, char** argv) { return kimiguard::cli::run_program(argc, argv); }
