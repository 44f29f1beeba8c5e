import { made } from './dom.ts'
import type { Listing } from './listing.ts'

/** Show instructions under the source lines that they come from; a click on one goes there. */
export function showDisassembly(panel: HTMLElement, listings: readonly Listing[], goTo: (line: number) => void): void {
  if (listings.length === 0) {
    panel.replaceChildren(made('p', 'soft', 'No instructions while there are problems.'))
    return
  }
  panel.replaceChildren(
    made('p', 'note', 'Before it is linked to a kernel: offsets of fields are the compiler’s own.'),
    ...listings.flatMap(({ name, section, lines }) => {
      const count = lines.filter(({ kind }) => kind === 'insn').length
      const heading = made('h2', '', name)
      heading.append(made('span', 'soft', ` ${section}, ${count} instructions`))
      const code = made('div', 'code')
      for (const line of lines) {
        if (line.kind === 'source') {
          const button = made('button', 'source', `${line.line}: ${line.text}`)
          button.type = 'button'
          button.addEventListener('click', () => goTo(line.line))
          code.append(button)
        } else
          code.append(
            made('span', 'slot', `${line.slot}`),
            made('span', 'insn', line.text),
            made('span', 'origin', line.note),
          )
      }
      return [heading, code]
    }),
  )
}
