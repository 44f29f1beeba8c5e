import type { Diagnostic } from '@tscc/compiler'
import { made } from './dom.ts'

/** Show what is wrong; a click goes to the place. */
export function showProblems(
  panel: HTMLElement,
  tab: HTMLElement,
  problems: readonly Diagnostic[],
  goTo: (line: number, column: number) => void,
): void {
  tab.textContent = problems.length === 0 ? 'Problems' : `Problems (${problems.length})`
  if (problems.length === 0) {
    panel.replaceChildren(made('p', 'soft', 'No problems: it compiles.'))
    return
  }
  panel.replaceChildren(
    ...problems.map(({ code, message, help, line, column }) => {
      const button = made('button', 'problem')
      button.type = 'button'
      button.append(made('b', '', code), ` line ${line}, column ${column}: ${message}`)
      if (help !== undefined) button.append(made('small', 'help', `help: ${help}`))
      button.addEventListener('click', () => goTo(line, column))
      return button
    }),
  )
}
