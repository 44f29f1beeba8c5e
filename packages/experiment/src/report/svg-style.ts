import { pageColor, palette } from './palette.ts'

/** Lines beyond the palette's colours repeat them, dashed; those drawn first are wider, to show under others that do the same. */
const seriesRules = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const dashes = index < palette.length ? '' : ';stroke-dasharray:10 3'
    const width = Math.max(1.4, 2.4 - 0.5 * index)
    return `.s${index}{--c:var(--c${index % palette.length});--w:${width}px${dashes}}`
  }).join('\n')

const variables = (theme: 'light' | 'dark'): string =>
  palette.map((color, index) => `--c${index}:${color[theme]}`).join(';')

/** The style sheet of the plots, for `count` series, in a light and a dark page; the report's own style builds on its variables. */
export const plotStyle = (count: number): string => `:root{color-scheme:light dark;${variables('light')};
--page:${pageColor.light};--ink:#1c1e21;--soft:#5c6370;--rule:#d9dce1;--shade:#00000009;background:var(--page)}
@media (prefers-color-scheme:dark){:root{${variables('dark')};
--page:${pageColor.dark};--ink:#e6e8eb;--soft:#9ba3af;--rule:#343a43;--shade:#ffffff0c}}
.plot{font:12px system-ui,sans-serif;fill:var(--soft);overflow:visible;font-variant-numeric:tabular-nums}
.plot .title{fill:var(--ink);font-weight:600}
.plot .rule{stroke:var(--rule);shape-rendering:crispEdges}
.plot .warm{fill:var(--shade)}
.plot .ref{stroke:var(--soft);stroke-dasharray:1 4;stroke-linecap:round;stroke-width:1.5}
.line{fill:none;stroke:var(--c);stroke-width:var(--w);stroke-linejoin:round;vector-effect:non-scaling-stroke}
.line.key{stroke-width:3}
.line.thin{stroke-width:1;stroke-dasharray:4 3;opacity:.75}
${seriesRules(count)}
`
