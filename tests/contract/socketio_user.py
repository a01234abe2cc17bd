"""A small program of somebody who builds on Flask-SocketIO, as the settings' guide shows it."""

import sys

from flask import Flask
from flask_socketio import SocketIO

from utils.redis_config import RedisConfig

app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading", **RedisConfig().get_socketio_config())


@app.get("/emit/<int:number>")
def emit(number: int) -> str:
    """Emit to everybody, on whichever process they are."""
    socketio.emit("number", number)
    return "emitted"


if __name__ == "__main__":
    socketio.run(app, "127.0.0.1", int(sys.argv[1]), allow_unsafe_werkzeug=True)
