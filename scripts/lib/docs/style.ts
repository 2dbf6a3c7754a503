/** What the site adds to TypeDoc's own looks. */

/** Colours the code of a diff, on the pages that have one. */
export const LOADER = `if (document.querySelector(".diff")) {
  const script = document.createElement("script");
  script.src = document.documentElement.dataset.base + "assets/diff.js";
  document.head.append(script);
}
`;

export const STYLE = `
.col-content { justify-self: center; box-sizing: border-box; width: 100%; max-width: 52rem; min-width: 0; overflow-wrap: break-word }
.tsd-typography { line-height: 1.6 }
.tsd-typography pre code { background: none }
figure.picture { margin: 1.5rem 0; padding: 1rem; border: 1px solid var(--color-accent); border-radius: .5rem; overflow-x: auto }
figure.picture img { display: block; margin: .75rem auto; max-width: 100%; height: auto }
figure.picture figcaption { font-weight: 600 }
figure.picture details { font-size: .9em }
.diff table { display: table; margin: 0 }
.diff td, .diff th { padding: 0; border: 0; background-clip: padding-box }
.diff tr, .diff tr:nth-child(2n) { background: none; border: 0 }
.diff .d2h-code-linenumber { position: static; display: table-cell; white-space: nowrap; min-width: 6em; width: 6em }
.diff .line-num1, .diff .line-num2 { width: 2.5em; padding: 0 .25em }
.diff .d2h-code-line { padding: 0 .5em; width: auto }
.diff .d2h-code-line-prefix, .diff .d2h-code-line-ctn { line-height: 1.5 }
.diff { color-scheme: light dark; font-size: .85rem; overflow-x: auto }
`;
