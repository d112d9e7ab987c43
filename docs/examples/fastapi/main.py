"""FastAPI: `portc run -- uvicorn --reload main:app` or `portc run -- fastapi dev`. `python main.py` asks by itself."""

import os

import portd
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index() -> dict[str, str]:
    return {"service": "fastapi", "url": os.environ.get("PORTD_SELF_URL", "")}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=portd.lease().port)
