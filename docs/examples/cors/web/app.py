"""The page: `portc run -- flask run`. It knows where the API is before that runs."""

from flask import Flask, render_template_string
from portd.flask import Portd

PAGE = """<!doctype html>
<title>web</title>
<p id="greeting">…</p>
<script>
  fetch({{ api|tojson }})
    .then((answer) => answer.json())
    .then((answer) => (document.getElementById("greeting").textContent = answer.greeting));
</script>
"""

app = Flask(__name__)
ports = Portd(app)


@app.get("/")
def page() -> str:
    return render_template_string(PAGE, api=ports.url("api"))
