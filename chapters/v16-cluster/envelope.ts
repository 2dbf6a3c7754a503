/** What nodes tell each other, as bytes. What comes is checked as strictly as what a client sends. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { MAX_LINE } from "./lines.ts";
import { isName } from "./names.ts";

/** The longest envelope, in bytes; by default, NATS takes up to 1 MiB. */
export const MAX_ENVELOPE = 128 * 1024;

const MOST_TEXT = 3 * MAX_LINE; // each byte that is no UTF-8 has become U+FFFD, which takes three bytes
const MAC = "base64url";
const NODE = /^[\w.:-]{1,64}$/;
const ADDR = /^[\w.:%-]{1,80}$/; // ip:port, an IPv6 one may have a zone
const RANDOM = /^[\w-]{8,32}$/;

/**
 * What has happened on a node, in order. Its users have numbers, because two of them may have the same
 * address, on two ports of the node. An empty name means that the address is the name.
 */
export type Event = Readonly<
  | { kind: "on"; id: number; addr: string; name: string; isProved: boolean }
  | { kind: "name"; id: number; name: string }
  | { kind: "say"; id: number; text: string }
  | { kind: "tell"; id: number; node: string; to: number; text: string }
  | { kind: "off"; id: number }
  // All who are online follow, each as `on`, and then `whole`. `answers`: the random texts of those who asked.
  | { kind: "state"; answers: readonly string[] }
  | { kind: "whole" }
>;

/** Asks for the state of a node that is new, or of which we missed something. */
export interface Ask {
  readonly node: string;
  /** The answer must repeat it, so that nobody can send an old answer again. */
  readonly random: string;
}

export interface Envelope {
  readonly node: string;
  /** Random, and new each time the node starts. */
  readonly run: string;
  /** 1, 2, 3 … in each run: a gap shows that something was missed. */
  readonly seq: number;
  readonly asks: readonly Ask[];
  readonly events: readonly Event[];
}

/** With a secret, only those who know it can make an envelope. */
export function seal(envelope: Envelope, secret?: Buffer): Buffer {
  const body = Buffer.from(JSON.stringify(envelope));
  return secret ? Buffer.concat([Buffer.from(`${mac(body, secret)}\n`), body]) : body;
}

/** Undefined if it is not one of ours, or damaged. */
export function open(bytes: Buffer, secret?: Buffer): Envelope | undefined {
  if (bytes.length > MAX_ENVELOPE) return undefined;
  const start = bytes.indexOf("\n") + 1; // the JSON holds no newline: what stands before one is the MAC
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
