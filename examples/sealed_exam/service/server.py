"""Quotes for seats over HTTP, and as a page: python3 server.py --port 8000."""

import argparse
import json
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from quotes import PLANS, total_cents

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Quote</title>
<style>body {{ font: 18px/1.5 system-ui; margin: 4rem auto; max-width: 24rem }}
b {{ font-size: 2.5rem; display: block }}</style>
<h1>{plan}, {seats} seats</h1><p>Per month <b data-testid="total">{total}</b></p></html>
"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def do_GET(self):
        asked = urlsplit(self.path)
        query = dict(parse_qsl(asked.query))
        if asked.path == "/healthz":
            self.answer(200, {"status": "ok"})
        elif asked.path in {"/api/quote", "/quote"}:
            self.quote(query, as_page=asked.path == "/quote")
        else:
            self.answer(404, {"error": "no such page"})

    def quote(self, query, as_page):
        plan, seats = query.get("plan", ""), query.get("seats", "")
        if plan not in PLANS or not seats.isdecimal() or not 1 <= int(seats) <= 10_000:
            self.answer(400, {"error": "name a plan, and 1 to 10000 seats"})
            return
        cents = total_cents(plan, int(seats))
        if as_page:
            page = PAGE.format(plan=escape(plan), seats=seats, total=f"${cents / 100:,.2f}")
            self.reply(200, "text/html; charset=utf-8", page.encode())
        else:
            self.answer(200, {"plan": plan, "seats": int(seats), "total_cents": cents})

    def answer(self, status, value):
        self.reply(status, "application/json", json.dumps(value).encode())

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()
