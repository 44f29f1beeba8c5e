// The reference of every published package, from the docstrings of its sources: Markdown, a file for each entry of its `exports`.
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Application } from 'typedoc'
import { root, workspaceFolders } from '../../../tools/bootstrap.mjs'

/** Entries that a reader imports: `{ package, name, path, specifier }`, by packages. */
export function entries() {
  return workspaceFolders()
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ folder, manifest }) =>
      Object.keys(manifest.exports)
        .map((key) => ({ key, path: join(root, folder, 'src', key === '.' ? 'index.ts' : `${key.slice(2)}.ts`) }))
        // ./register has effects only; ./fixture is for tests of ours
        .filter(({ key, path }) => existsSync(path) && !['./register', './fixture'].includes(key))
        .map(({ key, path }) => ({
          folder,
          package: manifest.name.replace('@tscc/', ''),
          name: key === '.' ? 'api' : key.slice(2),
          specifier: `${manifest.name}${key.slice(1)}`,
          path,
        })),
    )
}

/** Write `<folder>/<package>/<entry>.md`; anything that TypeDoc has to complain of is an error. */
export async function writeReference(folder, tsconfig) {
  const all = entries()
  const app = await Application.bootstrapWithPlugins({
    entryPoints: all.map(({ path }) => path),
    tsconfig,
    plugin: ['typedoc-plugin-markdown'],
    router: 'module',
    // The packages' own build checks them.
    skipErrorChecking: true,
    readme: 'none',
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    githubPages: false,
    logLevel: 'Error',
    out: folder,
    // Of typedoc-plugin-markdown
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hidePageTitle: true,
    useHTMLAnchors: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    propertyMembersFormat: 'table',
    enumMembersFormat: 'table',
    typeDeclarationFormat: 'table',
    tableColumnSettings: {
      hideDefaults: true,
      hideInherited: true,
      hideModifiers: true,
      hideOverrides: true,
      hideSources: true,
    },
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('reference: TypeDoc cannot read the sources')
  for (const module of project.children ?? []) {
    const entry = all.find((one) => typedocNames(one).includes(module.name))
    if (entry === undefined) throw new Error(`reference: ${module.name} is no entry of a package`)
    module.name = `${entry.package}/${entry.name}`
  }
  await app.generateOutputs(project)
  if (app.logger.hasErrors()) throw new Error('reference: TypeDoc told of errors')
  return all
}

/** What TypeDoc may call a module: its path, without what all have in common and without `index`. */
function typedocNames({ folder, path }) {
  const name = `${folder}/src/${basename(path, '.ts')}`
  return [name, ...(basename(path) === 'index.ts' ? [`${folder}/src`] : [])]
}
