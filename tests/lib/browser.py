# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, driven by its DevTools protocol over a pipe: nothing but Python is needed."""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


def find():
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, width=1280, height=800):
        self.profile = tempfile.mkdtemp(prefix="labctl-browser-")
        to_r, self.to_w = os.pipe()
        self.from_r, from_w = os.pipe()

        def place():
            # the protocol's descriptors are 3 and 4
            os.dup2(to_r, 100)
            os.dup2(from_w, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self.process = subprocess.Popen(
            [find(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        os.close(to_r)
        os.close(from_w)
        self.buffer = b""
        self.n = 0
        self.problems = []  # what the page's console says is wrong
        self.session = None
        deadline = time.monotonic() + 20
        target = None
        while not target and time.monotonic() < deadline:
            pages = self.call("Target.getTargets")["targetInfos"]
            target = next((p["targetId"] for p in pages if p["type"] == "page"), None)
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")
        self.size(width, height)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _receive(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.from_r, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def _note(self, message):
        method, p = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded" and p["entry"]["level"] == "error":
            self.problems.append(p["entry"]["text"] + " " + p["entry"].get("url", ""))
        elif method == "Runtime.exceptionThrown":
            d = p["exceptionDetails"]
            self.problems.append(d.get("exception", {}).get("description") or d["text"])

    def call(self, method, **params):
        self.n += 1
        message = {"id": self.n, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_w, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.n:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def size(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if mobile else 1, mobile=mobile)
        self.call("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def prefer(self, **features):
        """prefer(color_scheme='dark')"""
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-" + k.replace("_", "-"), "value": v} for k, v in features.items()])

    def open(self, url):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def eval(self, expression):
        r = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in r:
            raise RuntimeError(r["exceptionDetails"]["exception"].get("description"))
        return r["result"].get("value")

    def wait(self, expression, seconds=10):
        """Until the expression is true; gives what it is."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.eval(f"(() => {{ const v = {expression}; return v instanceof Node ? true : v; }})()")
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {expression}\nproblems: {self.problems}")
            time.sleep(0.05)

    def key(self, key, code=None, modifiers=0):
        text = key if len(key) == 1 else {"Enter": "\r"}.get(key)
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, modifiers=modifiers, **extra)

    def click(self, x, y, modifiers=0):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, modifiers=modifiers)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))


if __name__ == "__main__":
    sys.exit(0 if find() else 1)
