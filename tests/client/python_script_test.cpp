#include "client/python_script.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

class PythonScript : public testing::Test {
 protected:
  bool serves(const std::string& text) { return serves_with_werkzeug(world.write("shop/run.py", text)); }

  test::PortcWorld world;
};

TEST_F(PythonScript, ServesWithWerkzeugWhenFlaskRuns) {
  EXPECT_TRUE(serves("from flask import Flask\napp = Flask(__name__)\n\napp.run(port=5000)\n"));
  EXPECT_TRUE(serves("import flask\nflask.Flask('x').run()\n"));
  EXPECT_TRUE(serves("from werkzeug.serving import run_simple\nrun_simple('localhost', 1, app)\n"));
}

TEST_F(PythonScript, DoesNotWhenNothingRunsOrNoFlaskIsThere) {
  EXPECT_FALSE(serves("from flask import Flask\napp = Flask(__name__)\n"));
  EXPECT_FALSE(serves("from flask import Flask\nimport subprocess\nsubprocess.run(['x'])\n"));
  EXPECT_FALSE(serves("from bottle import run\napp.run()\n"));
  EXPECT_FALSE(serves("# from flask import Flask\napp.run()\n"));
  EXPECT_FALSE(serves_with_werkzeug(world.home / "none.py"));
}

TEST_F(PythonScript, AnotherServerInTheImportsWins) {
  EXPECT_FALSE(serves("from flask import Flask\nimport uvicorn\nuvicorn.run(app)\n"));
  EXPECT_FALSE(serves("from flask import Flask\nfrom gevent.pywsgi import WSGIServer\napp.run()\n"));
}

TEST_F(PythonScript, ModulesBesideItCount) {
  world.write("shop/shopapp/__init__.py", "from flask import Flask\n");
  EXPECT_TRUE(serves("from shopapp import create_app\ncreate_app().run()\n"));
  world.write("shop/app.py", "import flask\n");
  EXPECT_TRUE(serves("from app import app\nif __name__ == '__main__':\n    app.run()\n"));
  EXPECT_TRUE(serves("from . import app\napp.run()\n"));
  EXPECT_TRUE(serves("from .app import app\napp.run()\n"));
  world.write("shop/other.py", "import flask\nimport eventlet\n");
  EXPECT_FALSE(serves("from other import app\napp.run()\n"));
}

TEST_F(PythonScript, EveryNameOfAnImportCounts) {
  EXPECT_TRUE(serves("import os, flask\nflask.Flask('x').run()\n"));
  EXPECT_TRUE(serves("import os as system,flask as f, sys\nf.Flask('x').run()\n"));
  EXPECT_TRUE(serves("import os; import flask\nflask.Flask('x').run()\n"));
  EXPECT_FALSE(serves("import flask, waitress\nwaitress.serve(app)\napp.run()\n"));
  EXPECT_FALSE(serves("import os, sys  # flask\napp.run()\n"));
  world.write("shop/app.py", "import flask\n");
  EXPECT_TRUE(serves("from . import views, app\napp.app.run()\n"));
}

}  // namespace
}  // namespace portd::client
