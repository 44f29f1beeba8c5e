// Keeps the public API of every package in its api.md: node tools/api-snapshot.mjs [--check]   (after a build)
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspaceFolders } from './bootstrap.mjs'
import { lineDiff } from './line-diff.mjs'
import { publicApi } from './public-api.mjs'

const check = process.argv.includes('--check')
const published = workspaceFolders().filter(
  (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).private !== true,
)
const different = published.filter((folder) => {
  const path = join(root, folder, 'api.md')
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const now = publicApi(join(root, folder))
  if (kept === now) return false
  if (check) console.error(`${folder}/api.md: differs from the built declarations\n${lineDiff(kept, now).join('\n')}`)
  else writeFileSync(path, now)
  return true
})
if (check && different.length > 0) {
  console.error('If the change is meant: npm run api, commit api.md, and add a changeset (npm run changeset)')
  process.exitCode = 1
}
if (!check) console.log(different.length === 0 ? 'no API changed' : `wrote ${different.join(', ')}`)
