import { plotStyle } from '@tscc/experiment'
import { showDisassembly } from './disassembly-view.ts'
import { byId, made, setChoices } from './dom.ts'
import { createEditor } from './editor.ts'
import { exampleOf, examples } from './examples.ts'
import { showProblems } from './problems-view.ts'
import { createSimulationView } from './simulation-view.ts'
import { decodeState, encodeState, type PageState, startState, type Tab, tabs } from './state.ts'
import { startWorker } from './worker-client.ts'

/** A moment without typing, after which the text is compiled, ms. */
const PAUSE = 150

/** Lines of a plot that have a colour: the algorithms of a program and the one beside it. */
const LINES = 6

document.head.append(made('style', '', plotStyle(LINES)))

const status = byId('status', HTMLElement)
const example = byId('example', HTMLSelectElement)
const page: { tab: Tab; revision: number; pause: number } = { tab: startState().tab, revision: 0, pause: 0 }

const editor = createEditor(byId('editor', HTMLElement), startState().text, {
  onChange: changed,
  onRun: () => {
    showTab('simulation')
    simulation.run()
  },
})
const simulation = createSimulationView({ text: editor.text, onChange: keepState })
const checker = startWorker((reply) => {
  if (reply.kind === 'ready') simulation.setKernels(reply.kernels)
  if (reply.kind === 'failed') status.textContent = reply.message
  // An answer about an earlier text is out of date.
  if (reply.kind !== 'checked' || reply.revision !== page.revision) return
  const { problems, listings } = reply.checked
  editor.showProblems(problems)
  showProblems(byId('problems', HTMLElement), byId('tab-problems', HTMLElement), problems, editor.goTo)
  showDisassembly(byId('disassembly', HTMLElement), listings, editor.goTo)
  status.textContent =
    problems.length === 0 ? '' : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`
})

function changed(): void {
  page.revision++
  simulation.markStale()
  window.clearTimeout(page.pause)
  page.pause = window.setTimeout(() => {
    compile()
    keepState()
  }, PAUSE)
}

function compile(): void {
  checker.ask({ kind: 'check', text: editor.text(), revision: page.revision })
}

function stateNow(): PageState {
  return { example: example.value, text: editor.text(), tab: page.tab, fields: simulation.fields() }
}

/** The address follows the page, so that it can be copied at any time. */
async function keepState(): Promise<void> {
  const hash = await encodeState(stateNow())
  history.replaceState(null, '', `${location.pathname}${location.search}${hash === '' ? '' : `#${hash}`}`)
}

async function openAddress(): Promise<void> {
  const state = await decodeState(location.hash)
  example.value = state.example
  simulation.setFields(state.fields)
  page.revision++
  editor.open(state.text)
  showTab(state.tab)
  compile()
  if (state.refused) status.textContent = 'the program of this address cannot be read'
  if (state.tab === 'simulation') simulation.run()
}

function showTab(tab: Tab): void {
  page.tab = tab
  for (const name of tabs) {
    const button = byId(`tab-${name}`, HTMLElement)
    button.setAttribute('aria-selected', String(name === tab))
    button.tabIndex = name === tab ? 0 : -1
    byId(name, HTMLElement).hidden = name !== tab
  }
}

for (const [index, name] of tabs.entries()) {
  const button = byId(`tab-${name}`, HTMLElement)
  button.addEventListener('click', () => {
    showTab(name)
    void keepState()
  })
  button.addEventListener('keydown', ({ key }) => {
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? tabs.length - 1 : 0
    const next = tabs[(index + step) % tabs.length]
    if (step !== 0 && next !== undefined) byId(`tab-${next}`, HTMLElement).click()
    if (step !== 0 && next !== undefined) byId(`tab-${next}`, HTMLElement).focus()
  })
}

setChoices(
  example,
  examples.map(({ name, about }) => ({ value: name, text: `${name}: ${about}` })),
)
example.addEventListener('change', () => {
  page.revision++
  editor.open(exampleOf(example.value).text)
  compile()
  void keepState()
  simulation.markStale()
  if (page.tab === 'simulation') simulation.run()
})
byId('share', HTMLElement).addEventListener('click', async () => {
  await keepState()
  const copied = await navigator.clipboard.writeText(location.href).then(
    () => true,
    () => false, // refused by the browser, or the page came over plain HTTP
  )
  status.textContent = copied ? 'copied' : 'the link is in the address bar'
})
window.addEventListener('hashchange', () => void openAddress())
void openAddress()
