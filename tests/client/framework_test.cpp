#include "client/framework.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using Line = std::vector<std::string>;

// What a command line becomes when it is told of port 20100, in a folder of its own.
class FrameworkTable : public testing::Test {
 protected:
  Line told(const Line& command) { return with_port(command, recognise(command, folder()), "20100"); }
  std::string name_in(const Line& command) { return std::string(recognise(command, folder()).framework.name); }
  std::filesystem::path folder() const { return world.home / "shop"; }

  test::PortcWorld world;
};

TEST_F(FrameworkTable, KnowsAServerByItsProgramOrItsModule) {
  for (const Line& command :
       {Line{"flask", "run"}, Line{"/venv/bin/flask", "run"}, Line{"python", "-m", "flask", "run"},
        Line{"python3.11", "-X", "dev", "-W", "ignore", "-m", "flask", "run"}}) {
    EXPECT_EQ(name_in(command), "flask");
  }
  EXPECT_EQ(name_in({"gunicorn", "app:app"}), "gunicorn");
  EXPECT_EQ(name_in({"python", "-m", "http.server"}), "http.server");
  EXPECT_EQ(name_in({"./serve"}), "");
  EXPECT_EQ(name_in({"python", "-c", "flask"}), "");
  EXPECT_EQ(name_in({"python"}), "");
}

TEST_F(FrameworkTable, LooksThroughWhatRunsAnotherCommand) {
  for (const Line& wrapper : {Line{"uv", "run"}, Line{"poetry", "run"}, Line{"pipenv", "run"},
                              Line{"env", "A=1", "B=2"}, Line{"nohup"}, Line{"env", "A=1", "uv", "run", "--"}}) {
    Line command = wrapper;
    command.insert(command.end(), {"gunicorn", "-w", "3", "app:app"});
    EXPECT_EQ(name_in(command), "gunicorn") << wrapper.front();
  }
  EXPECT_EQ(name_in({"uv", "run"}), "");
  EXPECT_EQ(name_in({"env", "A=1"}), "");
  EXPECT_EQ(told({"npx", "vite"}), (Line{"npx", "vite", "--port", "20100", "--strictPort"}));
}

TEST_F(FrameworkTable, TellsEachServerItsPortInItsOwnWords) {
  EXPECT_EQ(told({"vite", "dev"}), (Line{"vite", "dev", "--port", "20100", "--strictPort"}));
  EXPECT_EQ(told({"streamlit", "run", "a.py"}), (Line{"streamlit", "run", "a.py", "--server.port", "20100"}));
  EXPECT_EQ(told({"jupyter", "lab"}), (Line{"jupyter", "lab", "--port=20100", "--ServerApp.port_retries=0"}));
  EXPECT_EQ(told({"fastapi", "dev"}), (Line{"fastapi", "dev", "--port", "20100"}));
  EXPECT_EQ(told({"hypercorn", "a:app"}), (Line{"hypercorn", "a:app", "--bind", "127.0.0.1:20100"}));
  EXPECT_EQ(told({"waitress-serve", "a:app"}), (Line{"waitress-serve", "--listen=127.0.0.1:20100", "a:app"}));
  EXPECT_EQ(told({"python", "-m", "waitress", "a:app"}),
            (Line{"python", "-m", "waitress", "--listen=127.0.0.1:20100", "a:app"}));
  EXPECT_EQ(told({"python", "-m", "http.server", "-d", "x"}),
            (Line{"python", "-m", "http.server", "20100", "-d", "x"}));
  EXPECT_EQ(told({"python", "manage.py", "runserver", "--noreload"}),
            (Line{"python", "manage.py", "runserver", "20100", "--noreload"}));
  EXPECT_EQ(told({"django-admin", "runserver"}), (Line{"django-admin", "runserver", "20100"}));
}

TEST_F(FrameworkTable, ACommandThatIsToldByItsVariablesStaysAsItIs) {
  for (const Line& command : {Line{"flask", "run"}, Line{"gunicorn", "a:app"}, Line{"uvicorn", "a:app"},
                              Line{"node", "server.js"}, Line{"python", "manage.py", "migrate"}}) {
    EXPECT_EQ(told(command), command);
  }
}

TEST_F(FrameworkTable, WhatTheCommandLineStatesWins) {
  for (const Line& command :
       {Line{"vite", "--port", "5000"}, Line{"vite", "--port=5000"},
        Line{"streamlit", "run", "--server.port=1", "a.py"}, Line{"hypercorn", "-b", "127.0.0.1:1", "a:app"},
        Line{"waitress-serve", "--port=1", "a:app"}, Line{"python", "-m", "http.server", "8000"},
        Line{"python", "manage.py", "runserver", "0.0.0.0:8000"}}) {
    EXPECT_EQ(told(command), command) << command.front();
  }
  const Line flask{"flask", "run", "-p", "21555"};
  EXPECT_TRUE(states_address(flask, recognise(flask, folder())));
  const Line bound{"gunicorn", "-b127.0.0.1:80", "a:app"};
  EXPECT_TRUE(states_address(bound, recognise(bound, folder())));
  const Line workers{"gunicorn", "-w", "3", "a:app"};
  EXPECT_FALSE(states_address(workers, recognise(workers, folder())));
}

TEST_F(FrameworkTable, APackageScriptIsReadAndToldBehindItsDashes) {
  world.write(
      "shop/package.json",
      R"({"scripts": {"dev": "cross-env A=1 vite --host", "start": "node server.js", "own": "vite --port 1"}})");
  EXPECT_EQ(told({"npm", "run", "dev"}), (Line{"npm", "run", "dev", "--", "--port", "20100", "--strictPort"}));
  EXPECT_EQ(told({"npm", "run", "dev", "--", "--open"}),
            (Line{"npm", "run", "dev", "--", "--open", "--port", "20100", "--strictPort"}));
  EXPECT_EQ(told({"pnpm", "dev"}), (Line{"pnpm", "dev", "--port", "20100", "--strictPort"}));
  EXPECT_EQ(told({"yarn", "run", "dev"}), (Line{"yarn", "run", "dev", "--port", "20100", "--strictPort"}));
  for (const Line& command :
       {Line{"npm", "start"}, Line{"npm", "run", "own"}, Line{"npm", "run", "none"}, Line{"npm"}, Line{"npm", "run"}}) {
    EXPECT_EQ(told(command), command);
  }
}

TEST_F(FrameworkTable, OfScriptsThatCallAnotherNothingIsKnown) {
  world.write(
      "shop/package.json",
      R"({"scripts": {"dev": "npm start", "start": "npm run dev", "web": "npm run dev -w web", "vite": "vite"}})");
  for (const Line& command : {Line{"npm", "run", "dev"}, Line{"npm", "start"}, Line{"npm", "run", "web"},
                              Line{"npm", "run", "vite", "--workspace=web"}}) {
    EXPECT_EQ(told(command), command);
  }
}

TEST_F(FrameworkTable, NodeHandsNoDescriptorOn) {
  world.write("shop/package.json", R"({"scripts": {"dev": "flask run"}})");
  const auto recognised = recognise({"npm", "run", "dev"}, folder());
  EXPECT_EQ(recognised.framework.name, "flask");
  EXPECT_EQ(recognised.framework.socket, SocketWay::none);
}

TEST_F(FrameworkTable, ABrokenPackageIsNoReasonToFail) {
  for (const char* content : {"", "[]", "{\"scripts\": []}", "{\"scripts\": {\"dev\": 1}}"}) {
    world.write("shop/package.json", content);
    EXPECT_EQ(told({"npm", "run", "dev"}), (Line{"npm", "run", "dev"})) << content;
  }
}

TEST_F(FrameworkTable, FillsInPortAndUrlWhereverTheyStand) {
  EXPECT_EQ(filled_in({"./serve", "--listen=:{port}", "{url}/x {port}"}, "20100", "http://localhost:20100"),
            (Line{"./serve", "--listen=:20100", "http://localhost:20100/x 20100"}));
  EXPECT_EQ(filled_in({"${port} {port} ${url}"}, "20100", "u"), (Line{"${port} 20100 ${url}"})) << "of a shell";
}

TEST_F(FrameworkTable, HypercornTakesTheSocketByItsFlag) {
  const Line command{"hypercorn", "a:app"};
  EXPECT_EQ(with_socket(command, recognise(command, folder())), (Line{"hypercorn", "a:app", "--bind", "fd://3"}));
  const Line flask{"flask", "run"};
  EXPECT_EQ(with_socket(flask, recognise(flask, folder())), flask);
}

TEST_F(FrameworkTable, APythonScriptIsWerkzeugsWhenItsTextSaysSo) {
  world.write("shop/hard.py", "from flask import Flask\napp = Flask(__name__)\napp.run(port=5000, debug=True)\n");
  for (const Line& command : {Line{"python", "hard.py"}, Line{"python3", "-u", "hard.py"}, Line{"./hard.py"}}) {
    EXPECT_EQ(recognise(command, folder()).framework.socket, SocketWay::werkzeug);
  }
  EXPECT_EQ(recognise({"python", "none.py"}, folder()).framework.socket, SocketWay::none);
}

TEST_F(FrameworkTable, APythonModuleOfTheFolderIsReadAsAScriptIs) {
  const char* text = "from flask import Flask\nFlask('x').run(port=5000)\n";
  world.write("shop/hard.py", text);
  world.write("shop/site/__main__.py", text);
  world.write("shop/site/debug.py", text);
  for (const char* module : {"hard", "site", "site.debug"}) {
    const auto recognised = recognise({"python", "-m", module, "-v"}, folder());
    EXPECT_EQ(recognised.framework.socket, SocketWay::werkzeug) << module;
    EXPECT_EQ(recognised.program, 2U);
  }
  EXPECT_EQ(recognise({"python", "-m", "none"}, folder()).framework.socket, SocketWay::none);
  EXPECT_EQ(recognise({"python", "-m", "/etc"}, folder()).framework.socket, SocketWay::none);
}

TEST_F(FrameworkTable, AHostIsAnAddressToo) {
  for (const Line& command : {Line{"flask", "run", "-h", "0.0.0.0"}, Line{"flask", "run", "--host=::"},
                              Line{"uvicorn", "--port", "1", "a:app"}, Line{"uvicorn", "a:app", "--host", "0.0.0.0"}}) {
    EXPECT_TRUE(states_address(command, recognise(command, folder()))) << command.back();
  }
}

TEST_F(FrameworkTable, ReadsThePortThatIsStated) {
  for (const Line& command :
       {Line{"flask", "run", "-p", "9312"}, Line{"flask", "run", "-p9312"}, Line{"flask", "run", "--port", "9312"},
        Line{"flask", "run", "-p", "1", "--port=9312", "-h", "0.0.0.0"}, Line{"uvicorn", "a:app", "--port", "9312"},
        Line{"gunicorn", "-b", "0.0.0.0:9312", "a:app"}, Line{"hypercorn", "--bind=[::]:9312", "a:app"},
        Line{"vite", "--port=9312"}, Line{"waitress-serve", "--listen=*:9312", "a:app"},
        Line{"python", "-m", "http.server", "9312"}, Line{"python", "manage.py", "runserver", "0.0.0.0:9312"},
        Line{"python", "manage.py", "runserver", "-v", "2", "[::1]:9312"},
        Line{"python", "-m", "http.server", "--bind", "::1", "9312"}}) {
    EXPECT_EQ(stated_port(command, recognise(command, folder())), Port(9312)) << command.front();
  }
  for (const Line& command :
       {Line{"flask", "run"}, Line{"flask", "run", "-p", "{port}"}, Line{"flask", "run", "-p", "0"},
        Line{"flask", "run", "-p"}, Line{"gunicorn", "-b", "unix:/tmp/x", "a:app"},
        Line{"uvicorn", "--fd", "4", "a:app"}, Line{"flask", "run", "-h", "::1"},
        Line{"node", "server.js", "--port", "9312"}, Line{"flask", "run", "--port", "99999"},
        Line{"python", "-m", "http.server", "-d", "2024"}, Line{"python", "-m", "http.server", "--bind", "::1"},
        Line{"python", "manage.py", "runserver", "-v", "2"}, Line{"python", "manage.py", "runserver", "::1"}}) {
    EXPECT_EQ(stated_port(command, recognise(command, folder())), std::nullopt) << command.back();
  }
}

TEST_F(FrameworkTable, ReadsTheHostThatIsStatedAlone) {
  const auto host_in = [this](const Line& command) { return stated_host(command, recognise(command, folder())); };
  EXPECT_EQ(host_in({"flask", "run", "-h", "0.0.0.0"}), "0.0.0.0");
  EXPECT_EQ(host_in({"flask", "run", "-h::1"}), "::1");
  EXPECT_EQ(host_in({"uvicorn", "--host=localhost", "a:app"}), "localhost");
  EXPECT_EQ(host_in({"flask", "run", "-h", "0.0.0.0", "-p", "9312"}), std::nullopt);
  EXPECT_EQ(host_in({"uvicorn", "--uds", "x", "--host", "::", "a:app"}), std::nullopt);
  EXPECT_EQ(host_in({"flask", "run"}), std::nullopt);
}

TEST_F(FrameworkTable, WhatFollowsDashesIsTheApplications) {
  EXPECT_EQ(told({"streamlit", "run", "a.py", "--", "--flag", "x"}),
            (Line{"streamlit", "run", "a.py", "--server.port", "20100", "--", "--flag", "x"}));
  EXPECT_EQ(told({"uv", "run", "--", "streamlit", "run", "a.py"}),
            (Line{"uv", "run", "--", "streamlit", "run", "a.py", "--server.port", "20100"}));
  const Line command{"hypercorn", "a:app", "--", "x"};
  EXPECT_EQ(with_socket(command, recognise(command, folder())),
            (Line{"hypercorn", "a:app", "--bind", "fd://3", "--", "x"}));
}

TEST_F(FrameworkTable, KnowsWhoSpeaksTls) {
  for (const Line& command :
       {Line{"flask", "run", "--cert", "adhoc"}, Line{"gunicorn", "--certfile=a.pem", "a:app"},
        Line{"uvicorn", "a:app", "--ssl-keyfile", "k.pem"}, Line{"hypercorn", "--certfile", "a.pem", "a:app"}}) {
    EXPECT_TRUE(speaks_tls(command, recognise(command, folder()))) << command.front();
  }
  for (const Line& command : {Line{"flask", "run"}, Line{"node", "server.js", "--cert", "a.pem"}}) {
    EXPECT_FALSE(speaks_tls(command, recognise(command, folder()))) << command.front();
  }
}

}  // namespace
}  // namespace portd::client
