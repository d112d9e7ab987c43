// GET /openapi.json.
#include "daemon/api/handlers.hpp"
#include "daemon/api/openapi.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {

Response show_openapi(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) return problem_response(query.error());
  return json_response(std::string(openapi_document()));
}

}  // namespace portd::api
