// GET and PUT /config, POST /config/validate, GET /config/schema.
#include <array>

#include "common/field_reader.hpp"
#include "common/lease_json.hpp"
#include "daemon/api/etag.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/request_body.hpp"

namespace portd::api {
namespace {

constexpr std::array<std::string_view, 2> replacement_fields{"content", "settings"};
constexpr std::array<std::string_view, 2> validation_fields{"content", "scope"};

// One of the two.
struct Replacement {
  std::optional<std::string> content{};
  Json settings{};
};

struct Validation {
  std::string content{};
  bool of_project = false;
};

Result<Replacement> replacement_from(const Json& json) {
  FieldReader reader("a configuration", json);
  reader.only(replacement_fields);
  Replacement replacement{reader.text("content")};
  const Json* settings = reader.find("settings");
  if (replacement.content.has_value() == (settings != nullptr)) {
    reader.refuse("content", "is the file's text, and \"settings\" what it shall state; send one of them");
  }
  if (settings != nullptr && !settings->is_object()) reader.refuse("settings", "must be an object of sections");
  if (reader.error()) return *reader.error();
  if (settings != nullptr) replacement.settings = *settings;
  return replacement;
}

Result<Validation> validation_from(const Json& json) {
  FieldReader reader("a validation", json);
  reader.only(validation_fields);
  Validation validation;
  validation.content = reader.required<std::string>("content", reader.text("content"), "");
  const std::string scope = reader.text("scope").value_or("daemon");
  if (scope != "daemon" && scope != "project") reader.refuse("scope", "must be \"daemon\" or \"project\"");
  validation.of_project = scope == "project";
  if (reader.error()) return *reader.error();
  return validation;
}

Response with_etag(Response response, const std::string& etag) {
  response.extra = "ETag: " + etag + "\r\n";
  return response;
}

Response unless_known(Response response, const Request& request) {
  const std::string etag = etag_of(response.body);
  const bool known = request.if_none_match && is_known_to_client(*request.if_none_match, etag);
  return with_etag(known ? not_modified() : std::move(response), etag);
}

Response refused(const ConfigurationDesk::Refusal& refusal) {
  if (refusal.mistakes.is_null()) return problem_response(refusal.error);
  Json problem = to_json(refusal.error);
  problem["mistakes"] = refusal.mistakes;
  return problem_document(problem);
}

// Whether the caller has seen what it is about to replace: also what was changed on the disk meanwhile.
std::optional<Error> check_precondition(const Request& request, const Json& shown) {
  if (!request.if_match) {
    return Error{
        Problem::precondition_required,
        "send If-Match with the ETag of GET /config, so that nothing is replaced that you have not seen; \"*\" "
        "replaces whatever is there"};
  }
  if (if_match_holds(*request.if_match, etag_of(dump_json(shown)))) return std::nullopt;
  return Error{Problem::stale_etag,
               "the configuration is another than the one of this If-Match; GET /config again, and make the change "
               "there"};
}

}  // namespace

Response show_config(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) return problem_response(query.error());
  const auto shown = call.context.configuration.show();
  if (!shown) return problem_response(shown.error());
  return unless_known(json_response(200, *shown), call.request);
}

Response replace_config(Call& call) {
  ConfigurationDesk& desk = call.context.configuration;
  const auto replacement = read_body_alone(call.request, &replacement_from);
  if (!replacement) return problem_response(replacement.error());
  const auto before = desk.show();
  if (!before) return problem_response(before.error());
  if (auto error = check_precondition(call.request, *before)) return problem_response(*error);
  const auto refusal = replacement->content ? desk.replace(*replacement->content) : desk.restate(replacement->settings);
  if (refusal) return refused(*refusal);
  const auto after = desk.show();
  if (!after) return problem_response(after.error());
  Response response = json_response(200, *after);
  const std::string etag = etag_of(response.body);
  return with_etag(std::move(response), etag);
}

Response validate_config(Call& call) {
  const auto validation = read_body_alone(call.request, &validation_from);
  if (!validation) return problem_response(validation.error());
  const ConfigurationDesk& desk = call.context.configuration;
  const auto judgement = validation->of_project ? desk.judge_project_text(validation->content)
                                                : desk.judge_daemon_text(validation->content);
  return json_response(200, {{"valid", judgement.valid}, {"mistakes", judgement.mistakes}});
}

Response show_config_schema(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) return problem_response(query.error());
  return unless_known(schema_response(std::string(call.context.configuration.schema())), call.request);
}

}  // namespace portd::api
