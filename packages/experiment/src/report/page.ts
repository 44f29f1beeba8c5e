import { escapeMarkup } from './escape.ts'
import { htmlScript, htmlScriptHash } from './html-script.ts'
import { htmlStyle, legendRules } from './html-style.ts'
import { plotStyle } from './svg-style.ts'

/** A page before it is written: `title` and `lead` are plain text, `body` is markup. */
export interface HtmlPage {
  readonly title: string
  readonly lead: string
  readonly body: string
  /** How many lines a plot has at most: their colours, and the boxes of a legend. */
  readonly series: number
}

/**
 * A report as one file that needs nothing else: it loads nothing, links to nothing, and says so in its policy. The large
 * plots of one `<section>` share a cursor.
 */
export const htmlPage = ({ title, lead, body, series }: HtmlPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${htmlScriptHash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${plotStyle(series)}${htmlStyle}${legendRules(series)}</style>
</head>
<body>
<h1>${escapeMarkup(title)}</h1>
<p class="soft">${escapeMarkup(lead)}</p>
${body}
<script>${htmlScript}</script>
</body>
</html>
`
