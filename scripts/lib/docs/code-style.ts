/** How code looks: the page of a file, and the pieces in the guides; and what the search finds. */
export const CODE_STYLE = `
:root { --new: light-dark(#116329, #3fb950); --changed: light-dark(#845300, #d29922); --lit: light-dark(#fff8d6, #3b3413); color-scheme: light dark }
:root[data-theme="light"] { color-scheme: light }
:root[data-theme="dark"] { color-scheme: dark }
.mark-new { color: var(--new) }
.mark-changed { color: var(--changed) }
pre.code { grid-template-columns: minmax(0, 1fr); padding-inline: 0; font-size: .8rem; line-height: 1.5; white-space: pre }
pre.code > code { counter-reset: line; display: grid; grid-template-columns: minmax(max-content, 1fr); overflow-x: auto; padding-inline: 0; font-size: inherit }
pre.code > button { order: -1; justify-self: end }
pre.code span[id] { counter-increment: line; padding-right: 1rem; scroll-margin-top: 5rem }
pre.code span[id] > a { display: inline-block; box-sizing: border-box; position: sticky; left: 0; width: 4.5em; margin-right: .75em; padding-right: 1.25em; border-right: 3px solid transparent; text-align: right; text-decoration: none; color: var(--color-text-aside); background: var(--code-background); user-select: none }
pre.code span[id] > a::before { content: counter(line) }
pre.code span[id] > a:hover { text-decoration: underline }
pre.code span.new > a { border-color: var(--new) }
pre.code span.changed > a { border-color: var(--changed) }
pre.code span.new > a::after, pre.code span.changed > a::after { position: absolute; right: .3em; color: var(--new); content: "+" }
pre.code span.changed > a::after { color: var(--changed); content: "~" }
pre.code span.lit { background: var(--lit) }
pre.code span.lit > a { background: var(--lit) }
pre.code i { scroll-margin-top: 5rem }
figure.snippet figcaption a, nav.files a { text-decoration: underline }
nav.files ul { margin: 0; padding-left: 1rem; list-style: none }
nav.files > ul { padding: 0 }
nav.files li { padding: .1rem 0; overflow-wrap: anywhere }
details.files { margin-bottom: 1rem }
@media (min-width: 770px) { details.files { display: none } }
tr[id] { scroll-margin-top: 5rem }
#tsd-search-results > li > a { display: block }
#tsd-search-results small { display: block; color: var(--color-text-aside) }
#tsd-search-results mark { color: inherit; background: var(--lit); font-weight: 600 }
figure.snippet { margin: 1rem 0 }
figure.snippet pre { margin: 0; white-space: pre; border-top-left-radius: 0; border-top-right-radius: 0 }
figure.snippet figcaption { padding: .25rem .75rem; border: 1px solid var(--color-accent); border-bottom: 0; border-radius: .33rem .33rem 0 0; font-size: .8rem }
figure.snippet pre > code { display: grid; grid-template-columns: minmax(max-content, 1fr); overflow-x: auto }
figure.snippet code > * { padding-left: .6rem }
figure.snippet mark { color: inherit; background: none; box-shadow: inset 4px 0 var(--new) }
`;
