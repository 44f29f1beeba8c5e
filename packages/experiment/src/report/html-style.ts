/** The report's own style sheet, on the variables of the plots' one. */
export const htmlStyle = `body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:60rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink)}
h1{font-size:1.5rem;line-height:1.25;margin:0}
h2{font-size:1.05rem;margin:2.2rem 0 .6rem}
p{margin:.3rem 0}.soft,.note{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.note{margin-top:.5rem;font-size:.87rem}
th,td{padding:.4rem .7rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
thead th{font-weight:600;vertical-align:bottom}thead small{display:block;color:var(--soft);font-weight:400}
tbody th{font-weight:500}.left{text-align:left}
.mark{display:inline-block;border:1px solid var(--rule);border-radius:1em;padding:0 .55em;font-size:.8rem;color:var(--soft)}
.mark.tscc{color:var(--ink);border-color:currentColor}
.swatch{display:inline-block;width:1.1em;height:.28em;border-radius:1px;background:var(--c);margin-right:.5em;vertical-align:.22em}
.legend{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:.6rem 0;margin:0;border:0;background:var(--page)}
.legend label{cursor:pointer;white-space:nowrap}.legend input{accent-color:var(--c);margin:0 .45em 0 0;vertical-align:-.1em}
figure{margin:0 0 .7rem}
.area{padding:0 .7rem 1.9rem 3.1rem}
.area>svg{display:block;touch-action:pan-y}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;margin-bottom:.5rem;min-height:1.5em}
figcaption b{font-weight:600}
.values{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums}.values span{margin-left:.9em;color:var(--ink)}
.cursor{stroke:var(--soft);visibility:hidden}
.runs{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:0 .6rem}
.runs figure{margin:0}.runs figcaption{font-size:.85rem;margin:0 0 .2rem 2.5rem}
.runs .area{padding-left:2.5rem;padding-bottom:1.7rem}
details summary{cursor:pointer;margin:2.2rem 0 .6rem}summary h2{display:inline}
h3{font-size:.95rem;font-weight:600;margin:.6rem 0 .3rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:.7rem 1.2rem;margin:0}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:34rem){.area{padding-left:2.6rem;padding-right:.5rem}th,td{padding:.4rem .5rem}dl{grid-template-columns:1fr 1fr}}
@media print{.legend{position:static}}
`

/** Rules by which a legend's box shows and hides its line, without a script. */
export const legendRules = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `body:has(#show${index}:not(:checked)) .line.s${index}{display:none}`,
  ).join('\n')
