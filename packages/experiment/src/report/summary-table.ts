import type { LabResult } from '../model.ts'
import { escapeMarkup } from './escape.ts'
import { summaryColumns } from './table.ts'
import { originWords, scenarioFacts } from './units.ts'

/** A dash in the colour of a line. */
export const swatch = (index: number): string => `<i class="swatch s${index}"></i>`

const note = (result: LabResult): string => {
  const { repeat, mode, flows } = result.scenario
  const runs = repeat > 1 ? `Medians of ${repeat} runs` : 'One run'
  const sharing = mode === 'share' ? 'all algorithms at once' : 'each algorithm alone on the path'
  const several = flows > 1 ? `, ${flows} flows of each` : ''
  const figures = new Map(scenarioFacts(result)).get('figures')
  return `${runs}, ${sharing}${several}; figures ${figures}, when slow start should be over.`
}

/** The summary as markup: a row for each algorithm, with the columns of the terminal's table, and what was run. */
export const summaryTable = (result: LabResult): string => {
  const columns = summaryColumns(result.summary)
  const heads = columns.map(({ head, unit }) => `<th scope="col">${head}<small>${unit || '&nbsp;'}</small></th>`)
  const rows = result.summary.map((row) => {
    const index = result.algorithms.findIndex(({ label }) => label === row.label)
    const origin = originWords(result.algorithms[index]?.origin ?? 'native')
    const cells = columns.map(({ cell }) => `<td>${cell(row)}</td>`)
    return `<tr><th scope="row" class="left">${swatch(index)}${escapeMarkup(row.label)}</th><td class="left"><span class="mark ${origin}">${origin}</span></td>${cells.join('')}</tr>`
  })
  return `<div class="scroll" tabindex="0" role="region" aria-label="Summary"><table>
<thead><tr><th scope="col" class="left">algorithm</th><th scope="col" class="left">from</th>${heads.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>
<p class="note">${escapeMarkup(note(result))}</p>`
}
