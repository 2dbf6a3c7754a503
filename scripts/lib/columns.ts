/** A table for a terminal: its columns stand below each other. */

/** A line a row. Columns of text begin at their left, those of numbers end at their right. */
export function columns(rows: readonly (readonly string[])[], text: readonly number[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? "")))) ?? [];
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const space = " ".repeat((widths[i] ?? 0) - width(cell));
      return text.includes(i) ? cell + space : space + cell;
    });
    return cells.join("  ").trimEnd();
  });
}

/** In a terminal's cells: Chinese, Japanese and Korean take two. */
function width(text: string): number {
  const wide = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\uff01-\uff60]/gu;
  return [...text].length + (text.match(wide)?.length ?? 0);
}
