/** On the page of a file: lights up the lines that the address names (#L12 or #L12-L20), and names those that are clicked. */
const code = document.querySelector("pre.code");

/** @param {string} hash */
function linesOf(hash) {
  const [, from = "", to = from] = /^#L(\d+)(?:-L(\d+))?$/.exec(hash) ?? [];
  return { from: Number(from), to: Number(to) };
}

function light() {
  const { from, to } = linesOf(location.hash);
  for (const line of code?.querySelectorAll(".lit") ?? []) line.classList.remove("lit");
  for (let n = from; from > 0 && n <= to; n++)
    document.getElementById(`L${n}`)?.classList.add("lit");
  const first = code?.querySelector(".lit");
  first?.scrollIntoView({ block: to - from < 20 ? "center" : "start" });
}

if (code) {
  addEventListener("hashchange", light);
  addEventListener("load", light); // TypeDoc shows the page late, and an address leads nowhere before
  code.addEventListener("click", (event) => {
    const { target, shiftKey } = /** @type {MouseEvent} */ (event);
    const { from } = linesOf(location.hash);
    if (!(target instanceof HTMLAnchorElement) || !shiftKey || from === 0) return;
    event.preventDefault();
    const lines = [from, linesOf(target.hash).from].sort((a, b) => a - b);
    location.hash = `L${lines.join("-L")}`;
  });
}
