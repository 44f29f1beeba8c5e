// `node --import @tscc/compiler/register app.ts`: imports of *.bpf.ts files give live handles.
import { register } from 'node:module'

register('./import-hook.js', import.meta.url)
