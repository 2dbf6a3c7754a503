/** A Mermaid picture in words, for those who cannot see it. */
export function inWords(mermaid: string): string[] {
  return /^xychart/m.test(mermaid) ? plotInWords(mermaid) : arrowsInWords(mermaid);
}

/** A bar each, or for each line what it is at each place. */
function plotInWords(mermaid: string): string[] {
  const [, unit = "", list = ""] = /x-axis (?:"(.*)" )?\[(.*)\]/.exec(mermaid) ?? [];
  const places = list.split(", ").map((place) => place.replaceAll('"', ""));
  return [...mermaid.matchAll(/^ *(?:bar|line)(?: "(.*)")? \[(.*)\]/gm)].flatMap(
    ([, line, list = ""]) => {
      const values = list.split(", ");
      if (line === undefined) return places.map((place, i) => `${place}: ${values[i]}`);
      return `${line}: ${places.map((place, i) => `${values[i]} at ${place} ${unit}`).join(", ")}`;
    },
  );
}

function arrowsInWords(mermaid: string): string[] {
  const names = new Map<string, string>();
  const plain = (text: string) =>
    text
      .replaceAll("<br/>", ", ")
      .replace(/<\/?i>/g, "")
      .replaceAll("#35;", "#")
      .replaceAll("#59;", ";")
      .replaceAll("#lt;", "<")
      .replaceAll("✚ ", "(new) ");
  const of = (id: string) => names.get(id) ?? id.replaceAll("_", " ").replace("[*]", "nowhere");
  const words: string[] = [];
  for (const line of mermaid.split("\n").slice(1)) {
    const actor = /^ *(?:actor|participant) (\w+) as (.*)$/.exec(line);
    const state = /^ *(\w+) : (.*)$/.exec(line);
    const box = /^ *(\w+)\(?\["(.*)"\]\)?$/.exec(line);
    const message = /^ *(\w+)-[-)>x]+(\w+): (.*)$/.exec(line);
    const move = /^ *(\S+) --> (\S+)(?: : (.*))?$/.exec(line);
    const arrow = /^ *(\w+) (?:--|-\.|==) "(.*)" \S+ (\w+)$/.exec(line);
    const named = actor ?? state ?? box;
    if (named) names.set(named[1] ?? "", plain(named[2] ?? "").replace(", of", " of"));
    else if (message)
      words.push(`${of(message[1] ?? "")} → ${of(message[2] ?? "")}: ${plain(message[3] ?? "")}`);
    else if (move)
      words.push(`${of(move[1] ?? "")} → ${of(move[2] ?? "")}: ${plain(move[3] ?? "the end")}`);
    else if (arrow)
      words.push(`${of(arrow[1] ?? "")} → ${of(arrow[3] ?? "")}: ${plain(arrow[2] ?? "")}`);
  }
  return words;
}
