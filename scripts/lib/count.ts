/** Numbers as one reads them. */

/** `1,000`. */
export function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 case`, `1,000 cases`. */
export function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}
