/**
 * Loaded into a chapter's process before the chapter: a disk that is slow, full or broken, as the file that DISK names
 * says from call to call. Plain JavaScript, as what it is loaded into.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as pass } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Mood
 * @property {string} [write] The error of each write: `ENOSPC`.
 * @property {number} [most] A write takes no more bytes than this.
 * @property {string} [sync] The error of each sync: `EIO`.
 * @property {number} [waitMs] So long does each sync take; below 0, for ever.
 * @property {boolean} [cache] What is written is on the disk with the next sync and not before, and in two steps: a process
 *   that is killed leaves what a loss of power would.
 *
 * @typedef {{ readonly bytes: Buffer, readonly at: number }} Piece
 */

const control = process.env.DISK ?? "";
delete process.env.DISK;
delete process.env.NODE_OPTIONS; // it is for this process alone

appendFileSync(`${control}.synced`, "");

const handle = await open(fileURLToPath(import.meta.url));
const prototype = Object.getPrototypeOf(handle);
await handle.close();
const { write, datasync } = prototype;

/** @type {Piece[]} */
const cached = [];
let last = 0;

/** @this {import("node:fs/promises").FileHandle} @param {Buffer} bytes @param {number} from @param {number} length @param {number} at */
prototype.write = async function (bytes, from, length, at) {
  const mood = now();
  if (mood.write) throw failure(mood.write, "write");
  const taken = Math.min(length, mood.most ?? length);
  const piece = bytes.subarray(from, from + taken);
  last = Number(/\{"seq":(\d+),.*\n$/.exec(piece.toString("latin1"))?.[1] ?? last);
  if (!mood.cache) return await write.call(this, bytes, from, taken, at);
  cached.push({ bytes: Buffer.from(piece), at });
  return { bytesWritten: taken, buffer: bytes };
};

/** @this {import("node:fs/promises").FileHandle} */
prototype.datasync = async function () {
  const mood = now();
  if (mood.waitMs) await (mood.waitMs < 0 ? new Promise(() => {}) : pass(mood.waitMs));
  if (mood.sync) throw failure(mood.sync, "fdatasync");
  for (const { bytes, at } of cached.splice(0)) {
    const half = Math.floor(Math.random() * bytes.length);
    await write.call(this, bytes, 0, half, at);
    await write.call(this, bytes, half, bytes.length - half, at + half);
  }
  await datasync.call(this);
  appendFileSync(`${control}.synced`, `${last}\n`);
};

/** @returns {Mood} */
function now() {
  try {
    return JSON.parse(readFileSync(control, "utf8"));
  } catch {
    return {}; // nobody has said anything: it is well
  }
}

/** @param {string} code @param {string} syscall */
function failure(code, syscall) {
  appendFileSync(`${control}.failed`, "."); // how often it was tried
  return Object.assign(new Error(`${code}: the disk of the test, ${syscall}`), { code, syscall });
}
