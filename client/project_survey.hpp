#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace portd::client {

// One service that a folder seems to have.
struct SurveyedService {
  std::string name;
  std::vector<std::string> roles;
  std::string command{};  // empty: not known
  bool shared = false;
  std::string found_by{};  // what it was recognised by: "requirements.txt names Flask"
  std::string advice{};    // one line for the file's comment; empty: none
};

// Looks for Flask (pyproject.toml, requirements.txt, app.py, wsgi.py), Node (package.json with a script dev or start)
// and compose files (services that publish ports). Reads files only, up to 256 KB each; what cannot be read is passed
// over. `own_name`: what the folder's own service is called. `unread`: what was not
// understood, and why.
std::vector<SurveyedService> survey(const std::filesystem::path& folder, const std::string& own_name,
                                    std::vector<std::string>* unread = nullptr);

}  // namespace portd::client
