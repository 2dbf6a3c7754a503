/** A page before TypeDoc makes HTML of it. */
export interface Page {
  /** Its file in the staging folder. */
  readonly file: string;
  readonly text: string;
}

/** What TypeDoc wants to know of a page, and its heading. */
export function front(title: string, group: string, children: string[] = []): string {
  const list = children.map((file) => `\n  - ./${file}`).join("");
  const below = list ? `children:${list}\n` : "";
  return `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n${below}---\n\n# ${title}\n\n`;
}
