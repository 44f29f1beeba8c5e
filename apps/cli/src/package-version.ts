import { readFileSync } from 'node:fs'

/** Version of this command, and of the packages that go with it. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version // this package's own file
}
