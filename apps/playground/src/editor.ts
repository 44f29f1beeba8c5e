import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { classHighlighter } from '@lezer/highlight'
import type { Diagnostic } from '@tscc/compiler'

/** The editor of the page. */
export interface Editor {
  readonly text: () => string
  /** Another program, with a history of its own. */
  readonly open: (text: string) => void
  /** Mark what the compiler says of the text that is there. */
  readonly showProblems: (problems: readonly Diagnostic[]) => void
  /** Put the cursor at a line, from 1, and column. */
  readonly goTo: (line: number, column?: number) => void
}

/** Make the editor; `onChange` is told of each change that a person makes, `onRun` of Ctrl-Enter. */
export function createEditor(
  parent: HTMLElement,
  text: string,
  { onChange, onRun }: { readonly onChange: () => void; readonly onRun: () => void },
): Editor {
  const run = () => {
    onRun()
    return true
  }
  const extensions = [
    keymap.of([{ key: 'Mod-Enter', run }, ...defaultKeymap, ...historyKeymap, ...lintKeymap, indentWithTab]),
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    javascript({ typescript: true }),
    syntaxHighlighting(classHighlighter),
    EditorView.contentAttributes.of({ 'aria-label': 'Program' }),
    EditorView.updateListener.of(({ docChanged }) => {
      if (docChanged) onChange()
    }),
  ]
  const view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) })
  return {
    text: () => view.state.doc.toString(),
    open: (doc) => view.setState(EditorState.create({ doc, extensions })),
    showProblems(problems) {
      const { length } = view.state.doc
      const diagnostics = problems.map(({ span, code, message, help }) => ({
        from: Math.min(span.start, length),
        to: Math.min(span.end, length),
        severity: 'error' as const,
        source: code,
        message: help === undefined ? message : `${message}\nhelp: ${help}`,
      }))
      view.dispatch(setDiagnostics(view.state, diagnostics))
    },
    goTo(line, column = 1) {
      const found = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)))
      const anchor = Math.min(found.from + Math.max(0, column - 1), found.to)
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
      view.focus()
    },
  }
}
