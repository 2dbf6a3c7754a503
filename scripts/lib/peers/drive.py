"""Drives Python's websockets. Orders come on stdin, and what it tells goes to stdout, as in drive.mjs."""

import asyncio
import json
import sys

import websockets


def tell(text):
    print(json.dumps(text), flush=True)


async def hear(socket):
    try:
        async for text in socket:
            tell(f"heard {text}")
    except websockets.ConnectionClosed:
        pass  # with another code than 1000 or 1001: it is told below
    tell(f"closed {socket.close_code}")


async def main():
    socket, hearing = None, None
    loop = asyncio.get_running_loop()
    sys.stdin.reconfigure(encoding="utf-8")  # whatever the system has
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        act, text = json.loads(line)
        if act == "open":
            try:
                socket = await websockets.connect(text, subprotocols=["chat.v1"])
            except (OSError, websockets.WebSocketException):
                tell("closed 1006")  # what browsers say of a connection that there never was
                continue
            tell(f"opened {socket.subprotocol}")
            hearing = asyncio.create_task(hear(socket))
        elif act == "send":
            await socket.send(text)
        else:
            await (await socket.ping(text))
            tell(f"pong {text}")


asyncio.run(main())
