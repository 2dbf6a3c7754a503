/** What nodes tell each other, as bytes; what comes is looked at as if a client had sent it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { MAX_LINE } from "./lines.ts";
import { isName } from "./names.ts";

/** The longest envelope, in bytes; NATS takes 1 MiB, if nobody has changed that. */
export const MAX_ENVELOPE = 128 * 1024;

const MOST_TEXT = 3 * MAX_LINE; // each byte that is no UTF-8 has become a character of three
const MAC = "base64url";
const NODE = /^[\w.:-]{1,64}$/;
const ADDR = /^[\w.:%-]{1,80}$/; // ip:port, an IPv6 one may have a zone
const RANDOM = /^[\w-]{8,32}$/;

/**
 * What has happened on a node, in its order. Its users have numbers, for two of them may have one address,
 * on two of its ports. An empty name is the address.
 */
export type Event = Readonly<
  | { kind: "on"; id: number; addr: string; name: string; isProved: boolean }
  | { kind: "name"; id: number; name: string }
  | { kind: "say"; id: number; text: string }
  | { kind: "tell"; id: number; node: string; to: number; text: string }
  | { kind: "off"; id: number }
  // All who are online follow, as `on`, up to `whole`. `answers` are what others have drawn for this.
  | { kind: "state"; answers: readonly string[] }
  | { kind: "whole" }
>;

/** For the state of a node that is new, or of which something was missed. */
export interface Ask {
  readonly node: string;
  /** The answer must repeat it: so nobody can play an old one again. */
  readonly random: string;
}

export interface Envelope {
  readonly node: string;
  /** A node that is started again begins a new one. */
  readonly run: string;
  /** 1, 2, 3 … in each run: whoever misses one knows it. */
  readonly seq: number;
  readonly asks: readonly Ask[];
  readonly events: readonly Event[];
}

/** With a secret, nobody else can make one. */
export function seal(envelope: Envelope, secret?: Buffer): Buffer {
  const body = Buffer.from(JSON.stringify(envelope));
  return secret ? Buffer.concat([Buffer.from(`${mac(body, secret)}\n`), body]) : body;
}

/** Undefined if it is none of ours, or not whole. */
export function open(bytes: Buffer, secret?: Buffer): Envelope | undefined {
  if (bytes.length > MAX_ENVELOPE) return undefined;
  const start = bytes.indexOf("\n") + 1; // JSON has none
  const body = bytes.subarray(start);
  if (secret && !isEqual(bytes.subarray(0, Math.max(0, start - 1)), mac(body, secret)))
    return undefined;
  try {
    const envelope: unknown = JSON.parse(body.toString());
    return isEnvelope(envelope) ? envelope : undefined;
  } catch {
    return undefined; // no JSON
  }
}

function mac(body: Buffer, secret: Buffer): string {
  return createHmac("sha256", secret).update(body).digest(MAC);
}

function isEqual(given: Buffer, right: string): boolean {
  return given.length === right.length && timingSafeEqual(given, Buffer.from(right));
}

function isEnvelope(it: unknown): it is Envelope {
  if (!isRecord(it) || !isText(it.node, NODE) || !isText(it.run, RANDOM)) return false;
  if (!isId(it.seq) || it.seq < 1) return false;
  const { asks, events } = it;
  return Array.isArray(asks) && asks.every(isAsk) && Array.isArray(events) && events.every(isEvent);
}

function isAsk(it: unknown): it is Ask {
  return isRecord(it) && isText(it.node, NODE) && isText(it.random, RANDOM);
}

function isEvent(it: unknown): it is Event {
  if (!isRecord(it)) return false;
  const { kind, id, answers } = it;
  if (kind === "whole") return true;
  if (kind === "state")
    return Array.isArray(answers) && answers.every((random) => isText(random, RANDOM));
  if (!isId(id)) return false;
  if (kind === "on" || kind === "name") {
    if (typeof it.name !== "string" || (it.name !== "" && !isName(it.name))) return false;
    return kind === "name" || (isText(it.addr, ADDR) && typeof it.isProved === "boolean");
  }
  if (kind === "tell") return isText(it.node, NODE) && isId(it.to) && isSaid(it.text);
  return kind === "off" || (kind === "say" && isSaid(it.text));
}

function isId(it: unknown): it is number {
  return Number.isSafeInteger(it);
}

function isSaid(text: unknown): text is string {
  return isText(text, /^\P{Cc}+$/u) && Buffer.byteLength(text) <= MOST_TEXT;
}

export function isNode(name: unknown): name is string {
  return isText(name, NODE);
}

function isText(it: unknown, form: RegExp): it is string {
  return typeof it === "string" && form.test(it);
}

function isRecord(it: unknown): it is Record<string, unknown> {
  return typeof it === "object" && it !== null && !Array.isArray(it);
}
