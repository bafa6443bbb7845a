#include "scanner/cli/explain_page.h"

#include <algorithm>
#include <map>

#include "scanner/cli/page.h"
#include "scanner/report/facts.h"
#include "scanner/report/redactor.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/message.h"

namespace kimiguard::cli {
namespace {

using kimi::DecodedError;
using report::Voice;
using Ink = Page::Ink;

std::string number(std::int64_t value) {
  return value < 0 ? std::to_string(value) : report::grouped_digits(static_cast<std::uint64_t>(value));
}

// The row's placeholders, numbers grouped; what the text does not say is an ellipsis, after the letters that an
// organization's id begins with: "compare org-… with" can be followed, "compare … with" cannot.
std::map<std::string, std::string> arguments_for_people(const DecodedError& error) {
  std::map<std::string, std::string> arguments = error.arguments;
  if (error.current) arguments["current"] = number(*error.current);
  if (error.limit) arguments["limit"] = number(*error.limit);
  const report::Redactor redact;
  for (auto& [name, value] : arguments) value = value != "?" ? redact(value) : name == "org" ? "org-…" : "…";
  return arguments;
}

std::string filled(const Localized& text, const DecodedError& error, std::string_view language) {
  return fill_placeholders(text.in(language), arguments_for_people(error));
}

std::string listed(const std::vector<std::string>& items, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? std::string(last) : ", ";
    text += items[i];
  }
  return text;
}

// Whose rule the meaning is: other vendors' rows are not Kimi's at all.
bool of_another_vendor(const DecodedError& error) {
  if (error.realm != nullptr) return false;
  return error.product != "" && error.product != "platform" && error.product != "kimi-code";
}

std::string who_said_it(const DecodedError& error, const Rulebook& book, const Voice& voice) {
  if (error.realm != nullptr) {
    std::string text = error.realm->title.in(voice.language());
    if (!error.host.empty()) text += std::string(voice.comma()) + error.host;
    return text;
  }
  if (of_another_vendor(error)) {
    const Vendor* vendor = error.vendor != nullptr ? error.vendor : book.vendor(error.product);
    std::string text = vendor != nullptr ? vendor->title : error.product;
    if (!error.host.empty()) text += std::string(voice.comma()) + error.host;
    return text + std::string(voice(", not Kimi", "，不是 Kimi"));
  }
  std::string text;
  std::vector<std::string> names;
  for (const Realm* realm : realms_of(error, book)) names.push_back(realm->title.in(voice.language()));
  const std::string either = listed(names, voice(" or ", " 或 "));
  if (error.product.empty())
    text = voice("The text does not say. It can be any of: ", "原文没有说明，可能是：");
  else if (error.product == "platform")
    text = voice("The Open Platform; the text does not say which one: ",
                 "开放平台；原文没有说明是哪一个：");
  else
    text = voice("Kimi Code; the text does not say which one: ", "Kimi Code；原文没有说明是哪一个：");
  text += either;
  if (!error.host.empty())
    text += std::string(voice(". It came through ", "。经由 ")) + error.host +
            std::string(voice("", " 返回"));
  return text + std::string(voice.full_stop());
}

std::string key_sentence(const DecodedError& error, const Voice& voice) {
  std::string_view text;
  if (error.key_state == "live")
    text = voice("Good: whoever answered recognized it. A new key would not help.",
                 "有效：对方已识别该密钥，换新密钥没有用。");
  else if (error.key_state == "dead")
    text = voice("Dead: it does not work any more, nor will another key of the same account.",
                 "失效：不能再用，同一账号的其他密钥也一样。");
  else if (error.key_state == "wrong-realm")
    text = voice(
        "At the wrong place: it belongs to another product or vendor than the host that was asked. It "
        "may well be good.",
        "用错了地方：密钥属于另一产品或厂商，而不是所请求的地址。密钥本身很可能有效。");
  else if (error.key_state == "missing")
    text = voice("Missing: no usable key arrived.", "缺失：没有收到可用的密钥。");
  else
    text = voice("Not told: this answer says nothing sure about it. Do not delete it for this alone.",
                 "无法判断：此答复不能说明密钥的好坏，不要仅凭它就删除密钥。");
  std::string out(text);
  if (error.key)
    out += std::string(voice(" The pasted text holds the key ", " 粘贴的文本中含有密钥 ")) +
           error.key->masked() + " (" + error.key->id().substr(0, 8) +
           std::string(voice("): wherever that text went, the key went too, so rotate it.",
                             ")：文本传到哪里，密钥就泄露到哪里，请轮换。"));
  return out;
}

std::string bucket_sentence(const DecodedError& error, const Voice& voice) {
  if (error.bucket.empty()) return {};
  static constexpr struct {
    std::string_view bucket, en, zh;
  } kNames[] = {
      {"TPD", "TPD, tokens per day of the whole organization", "TPD，整个组织的每日 token 数"},
      {"TPM", "TPM, tokens per minute of the whole organization", "TPM，整个组织的每分钟 token 数"},
      {"RPM", "RPM, requests per minute of the whole organization", "RPM，整个组织的每分钟请求数"},
      {"concurrency", "concurrency, requests open at the same time", "并发，同时进行的请求数"},
      {"balance", "balance or budget", "余额或预算"},
      {"plan", "the membership's allowance", "会员套餐额度"},
      {"capacity", "the provider's own capacity, not yours", "服务方自身的容量，与你的额度无关"},
  };
  std::string text = error.bucket;
  for (const auto& known : kNames)
    if (known.bucket == error.bucket) text = voice(known.en, known.zh);
  if (error.current && error.limit && *error.limit > 0) {
    text += std::string(voice.colon()) + number(*error.current) + std::string(voice(" of ", " / ")) +
            number(*error.limit);
    if (*error.current > *error.limit)
      text += std::string(voice(", ", "，超出 ")) + number(*error.current - *error.limit) +
              std::string(voice(" over", ""));
  } else if (error.limit) {
    text += std::string(voice(": at most ", "：上限 ")) + number(*error.limit);
  }
  return text;
}

std::string tier_sentence(const DecodedError& error, const Voice& voice) {
  std::vector<std::string> texts;
  for (const Tier* tier : error.tiers) {
    const auto limit = [&](std::int64_t value) {
      return value == 0 ? std::string(voice("no limit", "不限")) : number(value);
    };
    if (voice.chinese())
      texts.push_back("Tier " + std::to_string(tier->tier) + "：并发 " + limit(tier->concurrency) +
                      "、RPM " + limit(tier->rpm) + "、TPM " + limit(tier->tpm) + "、TPD " +
                      limit(tier->tpd));
    else
      texts.push_back("tier " + std::to_string(tier->tier) + ": " + limit(tier->concurrency) +
                      " at once, " + limit(tier->rpm) + " requests and " + limit(tier->tpm) +
                      " tokens a minute, " + limit(tier->tpd) + " tokens a day");
  }
  return listed(texts, voice("; or ", "；或 "));
}

std::string retry_sentence(const DecodedError& error, const Voice& voice) {
  if (error.meaning == nullptr) return {};
  if (!error.retry && error.bucket.empty())
    return std::string(
        voice("No: the same request gets the same answer.", "不要：同样的请求只会得到同样的答复。"));
  if (!error.retry)
    return std::string(
        voice("No: it does not pass within minutes, and a tool that keeps trying makes it worse.",
              "不要：几分钟内不会恢复，不停重试的工具只会更糟。"));
  std::string text(voice("Yes, a few times, with growing pauses", "可以，次数有限并逐次拉长间隔"));
  if (error.wait_seconds) {
    std::map<std::string, std::string>::const_iterator seconds = error.arguments.find("seconds");
    if (seconds != error.arguments.end())
      text += std::string(voice("; not before ", "；至少等待 ")) + seconds->second +
              std::string(voice(" seconds have passed", " 秒"));
  }
  return text + std::string(voice.full_stop());
}

void identifiers(Page& page, const DecodedError& error, const Voice& voice) {
  if (!error.organization.empty())
    page.field(
        voice("Organization", "组织"),
        error.organization +
            std::string(
                error.ids_may_be_resellers
                    ? voice(" whose quota or balance this is. If it is not yours, a gateway used its "
                            "own account.",
                            " 即被计量的组织。若不是你的，就是网关自己的账户。")
                    : voice(
                          " whose quota or balance this is. Compare it with the one your console shows.",
                          " 即被计量的组织。请与控制台显示的组织比对。")));
  if (!error.project.empty())
    page.field(voice("Project", "项目"), error.project + std::string(voice(" in which the key was made.",
                                                                           " 即创建该密钥的项目。")));
  if (!error.key_id.empty())
    page.field(
        voice("Key id", "密钥编号"),
        error.key_id +
            std::string(voice(
                " names the key in the console's list. It is no secret and cannot be used as a key.",
                " 是密钥在控制台列表中的编号。它不是机密，也不能当作密钥使用。")));
  if (!error.user.empty()) page.field(voice("User", "用户"), error.user);
  if (!error.request_id.empty())
    page.field(voice("Request", "请求"),
               error.request_id + std::string(voice(" (support asks for it)", "（联系支持时需要）")));
  if (!error.model.empty()) page.field(voice("Model", "模型"), report::Redactor()(error.model));
}

// Where the key must be looked for, when the answer does not say that it is good.
void key_pages(Page& page, const Rulebook& book, const Voice& voice) {
  page.heading(voice("Pages on which the key may be listed", "密钥可能列在这些页面"));
  for (const Realm& realm : book.realms) {
    std::string hosts;
    for (const std::string& host : realm.hosts) hosts += (hosts.empty() ? "" : ", ") + host;
    page.field(
        realm.product == "platform" ? voice("Platform", "开放平台") : voice("Kimi Code", "Kimi Code"),
        realm.console + std::string(voice(" (works at ", "（用于 ")) + hosts +
            std::string(voice(")", "）")),
        Ink::link);
  }
}

void pages(Page& page, const DecodedError& error, const Rulebook& book, const Voice& voice) {
  const std::vector<const Realm*> realms = realms_of(error, book);
  if (realms.empty() || error.meaning == nullptr) return;
  page.blank();
  if (error.key_state == "wrong-realm" || error.key_state == "missing" ||
      (error.key_state == "unknown" && error.meaning->status == 401))
    return key_pages(page, book, voice);
  page.heading(voice("Pages to open", "需要打开的页面"));
  for (const Realm* realm : realms) {
    if (realms.size() > 1) page.paragraph(realm->title.in(voice.language()), 2);
    if (realm->limits_page == realm->usage_page && realm->limits_page == realm->console) {
      page.field(voice("All in one", "合一"), realm->console, Ink::link);
      continue;
    }
    page.field(voice("Limits", "限额"), realm->limits_page, Ink::link);
    page.field(voice("Usage", "用量"), realm->usage_page, Ink::link);
    page.field(voice("Keys", "密钥"), realm->console, Ink::link);
  }
  // The commonest trap: a page of the other product shows nothing used.
  if (error.product == "platform" || error.product == "kimi-code") {
    std::vector<std::string> others;
    for (const Realm& realm : book.realms)
      if (realm.product != error.product) others.push_back(realm.console);
    if (!others.empty())
      page.paragraph(std::string(voice("These do not count what this error is about, and may show 0 %: ",
                                       "以下页面不统计此错误涉及的用量，可能显示 0%：")) +
                         listed(others, ", "),
                     2, Ink::dim);
  }
}

}  // namespace

std::vector<const Realm*> realms_of(const DecodedError& error, const Rulebook& book) {
  if (error.realm != nullptr) return {error.realm};
  std::vector<const Realm*> realms;
  if (of_another_vendor(error)) return realms;
  for (const Realm& realm : book.realms)
    if (error.product.empty() || realm.product == error.product) realms.push_back(&realm);
  return realms;
}

std::string explained_text(const DecodedError& error, const Rulebook& book, std::string_view language,
                           const Screen& screen) {
  const Voice voice(language);
  Page page(screen, voice.chinese() ? 8 : 12);
  std::string remark;
  if (error.status != 0) remark = std::to_string(error.status);
  if (!error.type.empty()) remark += (remark.empty() ? "" : " ") + error.type;
  if (error.meaning == nullptr) {
    page.title(voice("Nothing in this text is known", "没有认出这段文本"), remark);
    page.paragraph(
        voice("Paste the whole answer with its message, as the tool's log has it: the status line, the "
              "JSON body, and the address that was "
              "asked if it is there.",
              "请粘贴工具日志中的完整响应：状态行、JSON 正文，如有请求地址也一并粘贴。"));
  } else {
    page.title(error.meaning->title.in(voice.language()), remark);
    page.paragraph(filled(error.meaning->meaning, error, voice.language()));
  }
  page.blank();
  if (error.meaning != nullptr || error.realm != nullptr || error.vendor != nullptr)
    page.field(voice("Said by", "答复方"), who_said_it(error, book, voice));
  if (error.meaning != nullptr || error.key) {
    const Ink ink = error.key_state == "live" && !error.key      ? Ink::good
                    : error.key_state == "unknown" && !error.key ? Ink::plain
                                                                 : Ink::medium;
    page.field(voice("Key", "密钥"), key_sentence(error, voice), ink);
  }
  page.field(voice("Limit", "额度"), bucket_sentence(error, voice));
  page.field(voice("Tier", "等级"), tier_sentence(error, voice));
  identifiers(page, error, voice);
  page.field(voice("Try again", "重试"), retry_sentence(error, voice));
  if (error.meaning != nullptr && !error.meaning->steps.empty()) {
    page.blank();
    page.heading(voice("What to do, in this order", "按此顺序处理"));
    std::vector<std::string> steps;
    for (const Localized& step : error.meaning->steps)
      steps.push_back(filled(step, error, voice.language()));
    page.steps(steps);
  }
  pages(page, error, book, voice);
  page.blank();
  page.paragraph(
      voice("`kimiguard audit` lists every tool on this machine that holds a key, with the address and model it "
            "really uses; `kimiguard scan` finds where a key leaked: in a folder, a repository's history, a pipe.",
            "kimiguard audit 列出本机持有密钥的每个工具，及其实际使用的地址与模型；kimiguard scan "
            "查找密钥泄露在哪里：文件夹、仓库历史或管道。"),
      0, Ink::dim);
  return page.text();
}

std::string explained_json(const DecodedError& error, const Rulebook& book, std::string_view language) {
  using report::Json;
  // Field by field: over a whole object, `"keyId": "ak-…"` would look like a key with its name.
  const report::Redactor redact;
  const auto text_or_null = [&](const std::string& text) {
    return text.empty() ? Json() : Json(redact(text));
  };
  Json object;
  object["format"] = "kimiguard-explain/1";
  object["known"] = error.meaning != nullptr;
  object["id"] = error.meaning != nullptr ? Json(error.meaning->id) : Json();
  if (error.meaning != nullptr) {
    object["title"] = error.meaning->title.in(language);
    object["meaning"] = filled(error.meaning->meaning, error, language);
  }
  object["status"] = error.status != 0 ? Json(error.status) : Json();
  object["type"] = text_or_null(error.type);
  object["message"] = text_or_null(error.message);
  Json by;
  by["product"] = text_or_null(error.product);
  by["realm"] = error.realm != nullptr ? Json(error.realm->id) : Json();
  by["vendor"] = error.vendor != nullptr ? Json(error.vendor->id) : Json();
  by["host"] = text_or_null(error.host);
  by["url"] = text_or_null(error.url);
  object["answeredBy"] = by;
  Json key;
  key["state"] = error.key_state;
  key["secretSha256"] = error.key ? Json(error.key->id()) : Json();
  key["masked"] = error.key ? Json(error.key->masked()) : Json();
  key["keyId"] = text_or_null(error.key_id);
  object["key"] = key;
  object["organization"] = text_or_null(error.organization);
  object["project"] = text_or_null(error.project);
  object["user"] = text_or_null(error.user);
  object["requestId"] = text_or_null(error.request_id);
  object["idsMayBeResellers"] = error.ids_may_be_resellers;
  object["model"] = text_or_null(error.model);
  object["bucket"] = text_or_null(error.bucket);
  object["current"] = error.current ? Json(*error.current) : Json();
  object["limit"] = error.limit ? Json(*error.limit) : Json();
  object["waitSeconds"] = error.wait_seconds ? Json(*error.wait_seconds) : Json();
  Json tiers = Json::array();
  for (const Tier* tier : error.tiers)
    tiers.push_back(Json{{"tier", tier->tier},
                         {"concurrency", tier->concurrency},
                         {"rpm", tier->rpm},
                         {"tpm", tier->tpm},
                         {"tpd", tier->tpd}});
  object["tiers"] = tiers;
  object["retry"] = error.retry;
  Json pages = Json::array();
  for (const Realm* realm : realms_of(error, book))
    pages.push_back(Json{{"realm", realm->id},
                         {"keys", realm->console},
                         {"limits", realm->limits_page},
                         {"usage", realm->usage_page}});
  object["pages"] = pages;
  Json steps = Json::array();
  if (error.meaning != nullptr)
    for (const Localized& step : error.meaning->steps) steps.push_back(filled(step, error, language));
  object["steps"] = steps;
  object["source"] = error.meaning != nullptr ? Json(error.meaning->source) : Json();
  return report::dumped(object, 2) + "\n";
}

}  // namespace kimiguard::cli
