/** The usual cause of a failure, as far as one can tell from outside. */
import { escaped, type Failure } from "./transcript.ts";

const FRAME = /^\[[^\]]+\][^:]*:?.*?:/;

/** Undefined when nothing fits: no hint is better than a wrong one. `answered`: anybody heard a line. */
export function hint({ kind, details }: Failure, answered: boolean): string | undefined {
  if (kind === "crash" && details.where !== undefined) return undefined; // a line of the code says it all
  if (kind === "crash" && !answered) {
    return "it ended before anybody had heard a line: does it listen on the port that it is given, and go on?";
  }
  if (kind === "crash") {
    return "one client's error must not end the server: is there an 'error' listener on every socket, and is every exception of a handler caught?";
  }
  const { expected, heard, partial = "" } = details;
  if (partial !== "") {
    return `"${escaped(partial)}" came, but no newline behind it: every line ends in one \\n`;
  }
  if (heard !== undefined) return ofLine(heard, expected);
  if (kind === "mismatch" || answered) return undefined;
  return "not one whole line was heard: does it read before it answers, does it write (and flush) a newline, does it wait for the end of the connection?";
}

function ofLine(heard: string, expected: string | undefined): string | undefined {
  if (expected === undefined) return "this user should not have heard that line, or not twice";
  if (heard === "") return "an empty line: a newline too many?";
  if (heard.endsWith("\r")) return "lines may end in \\r\\n: the \\r is no part of the text";
  if (heard.includes("\u{fffd}") && !expected.includes("\u{fffd}")) {
    return "half a character was decoded: put the bytes of a line together first";
  }
  if (heard.startsWith(expected)) {
    return "more than the line came: is a newline missing, or was a whole chunk taken for one line?";
  }
  if (expected.startsWith(heard)) {
    return "a part of the line came: was a chunk taken for a line?";
  }
  if (/:(who|rename\||to\||quit|exit)/.test(heard) && !FRAME.test(expected)) {
    return "a command was said to all as if it were text";
  }
  return undefined;
}
