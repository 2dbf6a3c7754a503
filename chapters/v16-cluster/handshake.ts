/** The way from HTTP to WebSocket (RFC 6455, section 4.2): what is asked for, and what the answer is. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // fixed by the RFC: shows that the server speaks WebSocket
const KEY = /^[A-Za-z\d+/]{22}==$/; // 16 bytes
const PROTOCOL = "chat.v1";

export interface Answer {
  /** As HTTP has it: 200, 404; 101 makes a WebSocket of the connection. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** `origins`: those of pages from elsewhere that may chat here, too. */
export function handshake(request: IncomingMessage, origins: readonly string[]): Answer {
  const { method, url, httpVersion, headers, headersDistinct } = request;
  const { origin, host = "", "sec-websocket-key": key = "" } = headers;
  const version = headers["sec-websocket-version"];
  if (url !== "/chat") return plain(404, "the chat is at /chat\n");
  if (method !== "GET" || httpVersion !== "1.1") return plain(400, "GET and HTTP/1.1 are needed\n");
  if (headersDistinct.host?.length !== 1) return plain(400, "one host is needed\n");
  if ("content-length" in headers || "transfer-encoding" in headers)
    return plain(400, "no body is taken\n"); // with a body, it would be unclear where the first frame begins
  if (!has(headers.connection, "upgrade")) return plain(400, "connection: upgrade is needed\n");
  if (!has(headers.upgrade, "websocket")) return plain(400, "upgrade: websocket is needed\n");
  if (!KEY.test(key)) return plain(400, "sec-websocket-key: 16 bytes in Base64 are needed\n");
  if (version === undefined) return plain(400, "sec-websocket-version: 13 is needed\n");
  if (version !== "13")
    return plain(426, "only version 13 is spoken here\n", { "sec-websocket-version": "13" });
  if (origin !== undefined && !isOwn(origin, host) && !origins.includes(origin))
    return plain(403, `a page of ${origin} may not chat here: see --origin\n`);
  return {
    status: 101,
    headers: {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": createHash("sha1")
        .update(key + GUID)
        .digest("base64"),
      ...(has(headers["sec-websocket-protocol"], PROTOCOL) && {
        "sec-websocket-protocol": PROTOCOL,
      }),
    },
    text: "",
  };
}

/** A text, after which the connection ends, even if more requests came over it. */
export function plain(status: number, text: string, more: Answer["headers"] = {}): Answer {
  const headers = {
    connection: "close",
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff", // the browser must not guess another content-type
    ...more,
  };
  return { status, headers, text };
}

/** HTTP lets a client offer any protocol; a server that does not know it ignores the offer. */
export function wantsWebSocket({ url, headers }: IncomingMessage): boolean {
  return url === "/chat" || has(headers.upgrade, "websocket");
}

/** Whether a list such as `keep-alive, Upgrade` has it. */
function has(list = "", item: string): boolean {
  return list
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/)
    .includes(item);
}

/**
 * Whether the page came from this server. A browser says so in `origin`, but an attacker can make his own host
 * name point to this server: so the host must be an address, or `localhost`.
 */
function isOwn(origin: string, host: string): boolean {
  if (origin !== `http://${host}` || !URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === "localhost" || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}
