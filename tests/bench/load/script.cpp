#include "tests/bench/load/script.hpp"

#include <charconv>

namespace portd::load {
namespace {

std::string start(const std::string& method_and_path, const std::string& host) {
  return method_and_path + " HTTP/1.1\r\nHost: " + host + "\r\n";
}

std::string with_body(const std::string& start, const std::string& body) {
  return start + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Get : public Script {
 public:
  Get(const std::string& host, const std::string& path) : request_(start("GET " + path, host) + "\r\n") {}

  std::string_view request() override { return request_; }
  Kind kind() const override { return Kind::get; }
  bool take(const Answer& answer) override { return answer.status == 200; }

 private:
  std::string request_;
};

class Grant : public Script {
 public:
  Grant(const std::string& host, std::string prefix) : start_(start("POST /ports", host)), prefix_(std::move(prefix)) {}

  std::string_view request() override {
    request_ = with_body(start_, R"({"service":")" + prefix_ + "-" + std::to_string(++number_) + R"("})");
    return request_;
  }
  Kind kind() const override { return Kind::grant; }
  bool take(const Answer& answer) override { return answer.status == 201; }

 private:
  std::string start_;
  std::string prefix_;
  std::uint64_t number_ = 0;
  std::string request_;
};

// "port": 20123 of a lease; 0 when there is none.
int port_of(std::string_view body) {
  constexpr std::string_view name = "\"port\":";
  const std::size_t at = body.find(name);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = body.substr(body.find_first_not_of(' ', at + name.size()));
  int port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

class Cycle : public Script {
 public:
  Cycle(const std::string& host, std::string prefix) : host_(host), grant_(host, std::move(prefix)) {}

  std::string_view request() override {
    if (port_ == 0) return grant_.request();
    release_ = start("DELETE /ports/" + std::to_string(port_), host_) + "\r\n";
    return release_;
  }
  Kind kind() const override { return port_ == 0 ? Kind::grant : Kind::release; }
  bool take(const Answer& answer) override {
    if (port_ != 0) {
      port_ = 0;
      return answer.status == 204;
    }
    port_ = grant_.take(answer) ? port_of(answer.body) : 0;
    return port_ != 0;
  }
  bool at_rest() const override { return port_ == 0; }

 private:
  std::string host_;
  Grant grant_;
  int port_ = 0;  // of the lease that is to be released next
  std::string release_;
};

class Register : public Script {
 public:
  Register(const std::string& host, std::string prefix) : host_(host), prefix_(std::move(prefix)) {}

  std::string_view request() override {
    const std::string path = "/services/" + prefix_ + "-" + std::to_string(number_);
    request_ = is_there_ ? start("DELETE " + path, host_) + "\r\n"
                         : with_body(start("PUT " + path, host_), R"({"port":5432,"tags":["db"]})");
    return request_;
  }
  Kind kind() const override { return is_there_ ? Kind::withdrawal : Kind::registration; }
  bool take(const Answer& answer) override {
    const int expected = is_there_ ? 204 : 201;
    if (is_there_) ++number_;
    is_there_ = !is_there_;
    return answer.status == expected;
  }
  bool at_rest() const override { return !is_there_; }

 private:
  std::string host_;
  std::string prefix_;
  std::uint64_t number_ = 1;
  bool is_there_ = false;
  std::string request_;
};

}  // namespace

std::unique_ptr<Script> get_script(const std::string& host, const std::string& path) {
  return std::make_unique<Get>(host, path);
}
std::unique_ptr<Script> grant_script(const std::string& host, const std::string& prefix) {
  return std::make_unique<Grant>(host, prefix);
}
std::unique_ptr<Script> cycle_script(const std::string& host, const std::string& prefix) {
  return std::make_unique<Cycle>(host, prefix);
}
std::unique_ptr<Script> register_script(const std::string& host, const std::string& prefix) {
  return std::make_unique<Register>(host, prefix);
}

}  // namespace portd::load
