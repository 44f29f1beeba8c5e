const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g
const statements =
  /^[ \t]*(?:import|export)\b[^'";]*?\bfrom\s*(['"])([^'"\n]+)\1|^[ \t]*import\s*(['"])([^'"\n]+)\3|\b(?:import|require|createRequire\([^)]*\))\(\s*(['"])([^'"\n]+)\5/gm

/**
 * Every import and re-export of a TypeScript or JavaScript file, with its line: `import type`, side effects and
 * `import('…')` and `require('…')` included; text in comments and templates is not taken for one.
 */
export function importsOf(text) {
  const code = text.replace(tokens, (token) => (/^['"]/.test(token) ? token : token.replace(/[^\n]/g, ' ')))
  return [...code.matchAll(statements)].map((match) => {
    const specifier = match[2] ?? match[4] ?? match[6]
    const end = match.index + match[0].length
    return { specifier, line: code.slice(0, end).split('\n').length }
  })
}
