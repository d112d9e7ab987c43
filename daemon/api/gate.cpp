#include "daemon/api/gate.hpp"

#include <algorithm>
#include <string>

#include "daemon/api/characters.hpp"
#include "daemon/api/media_type.hpp"

namespace portd::api {
namespace {

bool is_get(const HttpHead& head) { return head.method == "GET" || head.method == "HEAD"; }

bool carries_json(const HttpHead& head) {
  return head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
}

bool is_loopback_name(std::string_view name) {
  return equals_ignoring_case(name, "localhost") || name == "127.0.0.1" || name == "[::1]";
}

bool is_allowed(const HttpHead& head, const Access& access, bool our_port) {
  return std::any_of(access.allowed_hosts.begin(), access.allowed_hosts.end(), [&](const std::string& allowed) {
    return equals_ignoring_case(head.host, allowed) || (our_port && equals_ignoring_case(head.host_name, allowed));
  });
}

std::optional<Error> check_host(const HttpHead& head, const Access& access, const Source& from) {
  if (from.unix_socket) return std::nullopt;
  const bool our_port = head.host_port.value_or(80) == from.port;
  if (our_port && is_loopback_name(head.host_name)) return std::nullopt;
  if (is_allowed(head, access, our_port) || named_service(head, access, from)) return std::nullopt;
  return Error{Problem::misdirected, "Host " + std::string(head.host) + " is not portd's; use http://localhost:" +
                                         std::to_string(from.port) + ", or add the host to api.allowed_hosts"};
}

// Looks at every byte whatever it finds: how long it takes says nothing about the token.
bool is_same(std::string_view secret, std::string_view given) {
  if (secret.size() != given.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    difference |= static_cast<unsigned char>(secret[i]) ^ static_cast<unsigned char>(given[i]);
  }
  return difference == 0;
}

bool bears_token(const HttpHead& head, const Access& access) {
  constexpr std::string_view scheme = "Bearer ";
  if (access.token.empty() || !head.authorization) return false;
  if (!equals_ignoring_case(head.authorization->substr(0, scheme.size()), scheme)) return false;
  return is_same(access.token, trimmed(head.authorization->substr(scheme.size())));
}

std::optional<Error> check_peer(const HttpHead& head, const Access& access, const Source& from) {
  if (from.uid == access.owner) return std::nullopt;
  if (from.unix_socket) {
    return Error{Problem::forbidden, "this portd serves uid " + std::to_string(access.owner) +
                                         " only; start your own (portc daemon start)"};
  }
  if (bears_token(head, access)) return std::nullopt;
  return Error{Problem::forbidden,
               "the process that asks is not, or cannot be told to be, of uid " + std::to_string(access.owner) +
                   "; use the unix socket, send \"Authorization: Bearer\" with the token file of portd's runtime "
                   "folder, or start your own portd"};
}

std::optional<Error> check_origin(const HttpHead& head) {
  if (!head.origin) return std::nullopt;
  constexpr std::string_view scheme = "http://";
  const bool ours =
      head.origin->starts_with(scheme) && equals_ignoring_case(head.origin->substr(scheme.size()), head.host);
  if (ours) return std::nullopt;
  return Error{Problem::forbidden, "pages of another origin may not use portd; open http://" + std::string(head.host)};
}

std::optional<Error> check_fetch_site(const HttpHead& head, bool named) {
  if (!head.sec_fetch_site) return std::nullopt;
  const std::string_view site = *head.sec_fetch_site;
  if (site == "same-origin" || (site == "none" && is_get(head))) return std::nullopt;
  const bool from_elsewhere = site == "cross-site" || site == "same-site";
  const bool opens_the_page = head.method == "GET" && (head.path == "/" || named) && head.sec_fetch_mode == "navigate";
  if (from_elsewhere && opens_the_page) return std::nullopt;
  return Error{Problem::forbidden,
               "pages of another site may not use portd; open http://" + std::string(head.host) + " itself"};
}

// The command that would have worked. Only a plain path is repeated: what people paste into a shell is ours.
std::string curl_command(const HttpHead& head, const Source& from) {
  constexpr Characters plain = Characters("/-._").with('0', '9').with('a', 'z').with('A', 'Z');
  const bool post = head.method == "POST";
  std::string command = post ? "curl --json '{\"service\":\"shop\"}' " : "curl --json '{}' ";
  if (!post) command += "-X " + std::string(head.method) + " ";
  if (from.unix_socket) command += "--unix-socket portd.sock ";
  command += "http://localhost" + (from.unix_socket ? std::string() : ":" + std::to_string(from.port));
  return command += plain.all_of(head.path) ? head.path : "/ports";
}

std::optional<Error> check_media_type(const HttpHead& head, const Source& from) {
  if (!carries_json(head) || (head.content_type && is_json(*head.content_type))) return std::nullopt;
  return Error{Problem::unsupported_media_type,
               "send the body as Content-Type: application/json; for example: " + curl_command(head, from)};
}

}  // namespace

std::optional<Error> refusal(const HttpHead& head, const Access& access, const Source& from) {
  if (auto error = check_host(head, access, from)) return error;
  if (auto error = check_peer(head, access, from)) return error;
  if (auto error = check_origin(head)) return error;
  const bool named = named_service(head, access, from).has_value();
  if (auto error = check_fetch_site(head, named)) return error;
  return named ? std::nullopt : check_media_type(head, from);  // nothing but GET and HEAD is taken there at all
}

std::optional<std::string_view> named_service(const HttpHead& head, const Access& access, const Source& from) {
  constexpr std::string_view suffix = ".localhost";
  const bool our_port = head.host_port.value_or(80) == from.port;
  if (from.unix_socket || !our_port || head.host_name.size() <= suffix.size()) return std::nullopt;
  const std::string_view name = head.host_name.substr(0, head.host_name.size() - suffix.size());
  if (!equals_ignoring_case(head.host_name.substr(name.size()), suffix)) return std::nullopt;
  return is_allowed(head, access, our_port) ? std::nullopt : std::optional(name);
}

}  // namespace portd::api
