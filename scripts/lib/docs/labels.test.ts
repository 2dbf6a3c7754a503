import { expect, test } from "vitest";
import { breakLabels } from "./labels.ts";

/** A sequence diagram of one arrow with this label, and the label as it is broken. */
const broken = (label: string) => {
  const [, ...lines] = breakLabels(
    `sequenceDiagram\n  actor p0 as a long name that is no label\n  p0->>p1: ${label}`,
  ).split(/(?<=p1): |<br\/>/);
  return lines;
};

test.each([
  ["hello", ["hello"]],
  ["you were kicked: idle for 2 s", ["you were kicked:", "idle for 2 s"]],
  ["[alice]alice:offline", ["[alice]alice:offline"]], // as long as a word may be
  ["✚ close the outbox", ["✚ close the", "outbox"]], // ✚ and ⏎ are wide
  ["x".repeat(40), ["x".repeat(18), "x".repeat(18), "xxxx"]],
  ["#35;".repeat(21), ["#35;".repeat(18), "#35;".repeat(3)]], // an entity is one letter
])("the label %s is broken where it must be", (label, lines) => {
  expect(broken(label)).toEqual(lines);
});

test("other pictures stay as they are", () => {
  const states = "stateDiagram-v2\n  a-->>b: a label that is longer than that";
  expect(breakLabels(states)).toBe(states);
});
