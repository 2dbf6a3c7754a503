/** Source text as the steps count it: lines of code, and what a file imports. */
import { diffArrays } from "diff";
import jsTokens from "js-tokens";

/** The lines that hold code, comments cut out and white space at their ends dropped. */
export function codeLines(source: string): string[] {
  let code = "";
  for (const { type, value } of jsTokens(source)) {
    if (type === "SingleLineComment") continue;
    code += type === "MultiLineComment" ? value.replace(/[^\n]/g, "") : value;
  }
  const lines = code.split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "");
}

export interface Change {
  readonly added: number;
  readonly removed: number;
  /** Added or removed; a line that replaces another counts once. */
  readonly changed: number;
}

/** How many code lines differ. */
export function changedLines(before: string, after: string): Change {
  const total = { added: 0, removed: 0, changed: 0 };
  let removedJustNow = 0;
  for (const { added, removed, count } of diffArrays(codeLines(before), codeLines(after))) {
    if (added) total.added += count;
    if (removed) total.removed += count;
    if (added) total.changed += Math.max(count - removedJustNow, 0);
    if (removed) total.changed += count;
    removedJustNow = removed ? count : 0;
  }
  return total;
}

/** What the file imports, from `import … from "x"`, `export … from "x"`, `import "x"` or `import("x")`. */
export function imports(source: string): string[] {
  const found: string[] = [];
  let before = "";
  for (const { type, value } of jsTokens(source)) {
    if (type === "WhiteSpace" || type === "LineTerminatorSequence" || type.includes("Comment"))
      continue;
    if (type === "StringLiteral" && /^(from|import|import\()$/.test(before))
      found.push(value.slice(1, -1));
    before = value === "(" && before === "import" ? "import(" : value;
  }
  return found;
}
