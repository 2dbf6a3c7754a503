/** In the reader's browser: what scrolls can be reached by the keyboard, and shows that it goes on. */
const SCROLLS = "pre > code, .scroll, .tsd-signature, .d2h-file-diff, figure.picture";

/** @param {HTMLElement} box */
function mark(box) {
  const rest = box.scrollWidth - box.clientWidth;
  if (rest > 1) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
  const inner = box.matches("pre > code") ? box.parentElement : box;
  inner?.toggleAttribute("data-more", rest > 1 && box.scrollLeft < rest - 1);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) mark(/** @type {HTMLElement} */ (target));
});
for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(SCROLLS))) {
  sizes.observe(box);
  box.addEventListener("scroll", () => mark(box), { passive: true });
}

/** Which chapters one has opened, and which of them last: kept in this browser alone. */
const PLACE = "course-place";
/** @type {{ last?: string, been: string[] }} */
const place = JSON.parse(localStorage.getItem(PLACE) ?? '{"been":[]}');
const here = /** @type {HTMLAnchorElement | null} */ (
  document.querySelector("nav.course a[aria-current]")
);
const isChapter = (/** @type {string} */ title) => /^V\d/.test(title);
if (here && isChapter(here.textContent ?? "")) {
  place.last = here.textContent ?? "";
  place.been = [...new Set([...place.been, place.last])];
  localStorage.setItem(PLACE, JSON.stringify(place));
}
const again = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a.again"));
for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
  document.querySelectorAll("nav.course a")
)) {
  const title = link.textContent ?? "";
  link.classList.toggle("been", place.been.includes(title) && link !== here);
  if (!again || title !== place.last) continue;
  again.href = link.href;
  again.textContent = `Go on with ${title}`;
  again.hidden = false;
}

/** A picture on the whole screen, as large as one likes; it moves as everything does that scrolls. */
const STEP = 1.4;
const dialog = document.createElement("dialog");
dialog.className = "picture";
dialog.innerHTML = `<form method="dialog"><button type="button" data-by="${STEP}" aria-label="Larger">+</button>
<button type="button" data-by="${1 / STEP}" aria-label="Smaller">−</button>
<button>Close</button></form><div tabindex="0"><img alt=""></div>`;
document.body.append(dialog);
const large = /** @type {HTMLImageElement} */ (dialog.querySelector("img"));
dialog.addEventListener("click", ({ target }) => {
  const by = Number(/** @type {HTMLElement} */ (target).dataset.by);
  if (by) large.style.width = `${large.clientWidth * by}px`;
});
document.addEventListener("click", ({ target }) => {
  const at = /** @type {HTMLElement} */ (target);
  const image = at
    .closest("figure.picture > img, figure.picture > .larger")
    ?.parentElement?.querySelector("img");
  if (!image) return;
  dialog.setAttribute("aria-label", image.alt);
  large.src = image.src;
  large.alt = image.alt;
  large.style.width = `${Math.max(image.naturalWidth, image.clientWidth)}px`;
  dialog.showModal();
});
