/** The usual cause of a failure, as far as one can tell from outside. */
import type { Signs } from "./client.ts";
import { escaped, type Failure } from "./transcript.ts";

const FRAME = /^\[([^\]]+)\](.*?):(?!.*\]:)/;

/** Undefined when nothing fits: no hint is better than a wrong one. `ofCase` is what the case itself knows. */
export function hint(failure: Failure, signs: Signs, ofCase?: string): string | undefined {
  const { kind, details } = failure;
  if (kind === "crash" && details.where !== undefined) return undefined; // a line of the code says it all
  if (kind === "crash" && !signs.answered && signs.complained)
    return "it ended before anybody had heard a line; what it printed on stderr says why";
  if (kind === "crash" && !signs.answered)
    return "it ended before anybody had heard a line: does it listen on the port that it is given, and go on?";
  if (kind === "crash")
    return "one client's error must not end the server: is there an 'error' listener on every socket, and is every exception of a handler caught?";
  if (details.starting)
    return "is {port} in the command where the server expects it, and does it listen on 127.0.0.1? If it takes long to start, because it is compiled first: --patience 60, or build it before";
  if (signs.endless)
    return "it goes on sending without end: does a loop go on after the client's lines have ended?";
  if (signs.returns)
    return "its lines end in \\r\\n: all that the server sends ends in a single \\n";
  const { expected, heard, partial = "" } = details;
  if (partial !== "")
    return `"${escaped(partial)}" came, but no newline behind it: every line ends in one \\n`;
  if (heard !== undefined || expected !== undefined) return ofLine(heard, expected) ?? ofCase;
  if (kind === "mismatch" || signs.answered) return ofCase;
  return "not one whole line was heard: does it read before it answers, does it write (and flush) a newline, does it wait for the end of the connection?";
}

function ofLine(heard: string | undefined, expected: string | undefined): string | undefined {
  if (heard === undefined) return undefined;
  if (expected === undefined) return "this user should not have heard that line, or not twice";
  if (heard === "") return "an empty line: a newline too many?";
  if (/\\x[89a-f]/.test(heard))
    return "it sent bytes that are not UTF-8: they become U+FFFD, when a line is decoded";
  if (heard.includes("\u{fffd}") && !expected.includes("\u{fffd}"))
    return "half a character was decoded: put the bytes of a line together first";
  if (heard !== expected && heard.normalize("NFKC") === expected.normalize("NFKC"))
    return "the two look alike, but are other characters: a text is said as it was typed";
  const [ours, theirs] = [FRAME.exec(expected)?.[1], FRAME.exec(heard)?.[1]];
  if (
    ours &&
    theirs &&
    ours !== theirs &&
    expected.slice(ours.length) === heard.slice(theirs.length)
  )
    return "the address is another one: ADDR is the client's address and port, as the server sees them";
  if (/:(who|rename\||to\||quit|exit)/.test(heard) && ours === undefined)
    return "a command was said to all as if it were text";
  if (heard.startsWith(expected))
    return "more than the line came: is a newline missing, or was a whole chunk taken for one line?";
  if (expected.startsWith(heard)) return "a part of the line came: was a chunk taken for a line?";
  return undefined;
}
