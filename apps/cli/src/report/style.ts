/** The page's own looks: light and dark by the reader's choice, and black on white on paper. */
export const style = `
:root { --ink: #1b1f24; --dim: #57606a; --paper: #ffffff; --edge: #d0d7de; --soft: #f6f8fa; --good: #116329; --bad: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9198a1; --paper: #0d1117; --edge: #3d444d; --soft: #151b23; --good: #56d364; --bad: #ff7b72; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--edge); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
p, ul, dl { margin: .4rem 0 .8rem; max-width: 46rem; }
li { margin: .25rem 0; }
.dim, figcaption, caption { color: var(--dim); font-size: .875rem; }
figure { margin: 1rem 0 1.5rem; }
figcaption, caption { text-align: left; max-width: 46rem; padding: .4rem 0; }
caption { caption-side: bottom; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .3rem .75rem; text-align: right; border-bottom: 1px solid var(--edge); white-space: nowrap; }
th { font-weight: 600; }
.left { text-align: left; }
.heat td.heat-cell { min-width: 6.5rem; text-align: center; border: 2px solid var(--paper); padding: .45rem .6rem; }
.heat th { border-bottom: 0; } .heat th[scope=col] { text-align: center; }
.heat small { display: block; opacity: .85; }
.good { color: var(--good); } .bad { color: var(--bad); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 1.5rem; }
svg { display: block; width: 100%; max-width: 38rem; height: auto; overflow: visible; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.confusion td { text-align: center; padding: .25rem .5rem; }
svg.map { max-width: 26rem; border: 1px solid var(--edge); border-radius: 4px; overflow: hidden; }
svg.map path { fill: none; stroke-width: 3; stroke-linecap: round; opacity: .75; }
figure .charts + .scroll { margin-top: 1rem; }
svg.map text { font: 700 20px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
svg .axis line { stroke: var(--edge); } svg .axis text { fill: var(--dim); }
.strips { border-collapse: separate; }
.strips th, .strips td { border: 0; padding: .12rem .6rem .12rem 0; vertical-align: middle; }
.strips th { font-weight: 400; text-align: left; }
.strips img { display: block; width: min(34rem, 62vw); height: auto; image-rendering: pixelated; }
pre { background: var(--soft); border: 1px solid var(--edge); border-radius: 6px; padding: .75rem 1rem; overflow-x: auto; font-size: .82rem; }
code { font-size: .88em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; font-size: .92rem; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; margin: .5rem 0; }
a { color: inherit; }
@media print {
  :root { --ink: #000; --dim: #444; --paper: #fff; --edge: #bbb; --soft: #fff; --good: #116329; --bad: #a40e26; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2, h3 { break-after: avoid; } figure, tr, svg, li { break-inside: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  .screen-only { display: none; } .scroll { overflow: visible; } pre { white-space: pre-wrap; }
  .charts { grid-template-columns: 1fr 1fr; }
}
`;
