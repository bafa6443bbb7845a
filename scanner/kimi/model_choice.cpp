#include "scanner/kimi/model_choice.h"

#include <algorithm>

#include "scanner/core/lowered.h"

namespace kimiguard::kimi {
namespace {

constexpr int kMostSuccessors = 8;

std::string first_choice(const Rulebook& book, std::string_view product, std::string_view as_of) {
  for (const Realm& realm : book.realms) {
    if (realm.product != product) continue;
    const Model* model = book.model(realm.default_model, product);
    if (model == nullptr || in_use(*model, as_of)) return realm.default_model;
  }
  for (const Model& model : book.models)
    if (model.product == product && in_use(model, as_of)) return model.id;
  return {};
}

}  // namespace

std::string_view bare_model(const Rulebook& book, std::string_view id) {
  for (const std::string& prefix : book.model_prefixes)
    if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
  return id;
}

bool in_use(const Model& model, std::string_view as_of) {
  return model.retired.empty() || as_of.empty() || model.retired > as_of;
}

std::string model_to_write(const Rulebook& book, std::string_view id, std::string_view product, std::string_view as_of) {
  const std::string_view name = bare_model(book, id);
  const std::string last = lowered(name.substr(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1));
  const Model* model = book.model(name, product);
  if (model == nullptr) model = book.model(last, product);
  if (model == nullptr) {
    const bool anothers = last.size() < name.size() || std::any_of(book.models.begin(), book.models.end(), [&](const Model& one) {
                            return one.product != product && book.model(name, one.product) != nullptr;
                          });
    return anothers ? first_choice(book, product, as_of) : std::string(name);
  }
  if (in_use(*model, as_of)) return book.model(name, product) != nullptr ? std::string(name) : last;
  for (int i = 0; i < kMostSuccessors && model != nullptr && !in_use(*model, as_of); ++i)
    model = model->successor.empty() ? nullptr : book.model(model->successor, product);
  return model == nullptr ? first_choice(book, product, as_of) : model->id;
}

}  // namespace kimiguard::kimi
