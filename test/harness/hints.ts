/** The usual cause of a failure, as far as one can tell from outside. */
import type { Signs } from "./client.ts";
import { escaped, type Failure } from "./transcript.ts";

const FRAME = /^\[([^\]]+)\](.*?):(?!.*\]:)/;

/** Undefined when nothing fits: no hint is better than a wrong one. `ofCase` is what the case itself knows. */
export function hint(failure: Failure, signs: Signs, ofCase?: string): string | undefined {
  const { kind, details } = failure;
  if (kind === "crash" && details.where !== undefined) return undefined; // a line of the code says it all
  if (kind === "crash" && !signs.answered && signs.complained)
    return "the server ended before any client had heard a line: read what it printed on stderr";
  if (kind === "crash" && !signs.answered)
    return "the server ended before any client had heard a line: does it listen on the port that it is given, and keep running?";
  if (kind === "crash")
    return "an error on one connection must not end the server: has every socket an 'error' listener, and does the code catch every exception of a handler?";
  if (details.starting)
    return "is {port} where the server expects it in the command, and does the server listen on 127.0.0.1? If it is compiled first, and so starts slowly: build it before, or use --patience 60";
  if (signs.endless)
    return "the server never stops sending: is there a loop that goes on when the client sends no more lines?";
  if (signs.returns)
    return "the server's lines end in \\r\\n: each line that it sends must end in one \\n and no \\r";
  const { expected, heard, partial = "" } = details;
  if (partial !== "")
    return `"${escaped(partial)}" came, but no newline after it: every line must end in one \\n`;
  if (heard !== undefined || expected !== undefined) return ofLine(heard, expected) ?? ofCase;
  if (kind === "mismatch" || signs.answered) return ofCase;
  return "not one whole line was heard: does the server read the line, does it write a newline after the answer (and flush it), or does it wait for the end of the connection?";
}

function ofLine(heard: string | undefined, expected: string | undefined): string | undefined {
  if (heard === undefined) return undefined;
  if (expected === undefined)
    return "this user should not hear that line, or should hear it only once";
  if (heard === "") return "the server sent an empty line: does it write one newline too many?";
  if (/\\x[89a-f]/.test(heard))
    return "the server sent bytes that are not UTF-8: when it decodes a line, such bytes become U+FFFD";
  if (heard.includes("\u{fffd}") && !expected.includes("\u{fffd}"))
    return "the server decoded half a character: first join all bytes of a line, then decode them";
  if (heard !== expected && heard.normalize("NFKC") === expected.normalize("NFKC"))
    return "the two lines look the same, but their characters differ: the server must not change the text";
  const [ours, theirs] = [FRAME.exec(expected)?.[1], FRAME.exec(heard)?.[1]];
  if (
    ours &&
    theirs &&
    ours !== theirs &&
    expected.slice(ours.length) === heard.slice(theirs.length)
  )
    return "the address is wrong: ADDR is the client's address and port, as the server sees them";
  if (/:(who|rename\||to\||quit|exit)/.test(heard) && ours === undefined)
    return "the server said a command to all users, as if it were text";
  if (heard.startsWith(expected))
    return "more came than this line: is a newline missing, or does the server take a whole chunk as one line?";
  if (expected.startsWith(heard))
    return "only a part of the line came: does the server take a chunk as a line?";
  return undefined;
}
