// Which model to write: advice never names one that is gone or that the product does not have.
#pragma once

#include <string>
#include <string_view>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

// A model's id without what tools and gateways put before it for themselves ("openai/").
std::string_view bare_model(const Rulebook& book, std::string_view id);

// Whether the model is not withdrawn on `as_of` ("" = withdrawn is not asked).
bool in_use(const Model& model, std::string_view as_of);

// What to write where `id` is asked of a host of `product`: itself where it is there (also where nobody knows it: it may
// be new), moonshotai/kimi-k3 as kimi-k3, else what took its place, else the product's first choice.
std::string model_to_write(const Rulebook& book, std::string_view id, std::string_view product, std::string_view as_of);

}  // namespace kimiguard::kimi
