// Builds the program that bin/flotilla.js starts (dist/bundle):
//
//     start.cjs              opens the packs of its build, with the code that was compiled before (src/cli/start)
//     DIGEST/flotilla.cjs    a pack: what every command needs
//     DIGEST/apiserver.cjs   a pack: what an API server needs besides
//     DIGEST/fleet.cjs       a pack: all the rest
//     DIGEST/render-thread.js   a module: what the threads of a hub run
//
// A pack is one expression, an object of functions: the chunks that esbuild splits the program into, each evaluated when it is
// first asked for. In one file they are read at once, and V8 keeps their compiled code in one piece (docs/adr/0012).
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { build, transform } from 'esbuild'

/** What an API server has, and does without until somebody asks for it. */
const later = [
  'src/kube/cel/kubernetes-environment.ts',
  'src/apiserver/table/printer-for.ts',
  'src/kube/schema/validation/validate.ts',
]

export async function bundleProgram(folder, shared) {
  const { outputFiles, metafile } = await build({
    ...shared,
    sourcemap: 'external',
    // These are chunks of their own, and evaluated only when they are used.
    entryPoints: {
      main: 'src/cli/main.ts',
      ...Object.fromEntries([...later, ...(await packagesOf('src'))].map((name) => [nameOf(name), name])),
    },
    entryNames: '[name]',
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: 'bundle',
    write: false,
    metafile: true,
    charset: 'ascii',
    define: { 'import.meta.url': 'programUrl' },
    plugins: [lateChildProcess],
  })
  const written = new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const chunks = [...written.keys()].filter((name) => name.endsWith('.js'))
  for (const name of chunks) {
    // Such a module would reassign what others import from it, and importers have the values (createPartLoader).
    if (written.get(name).includes('__esm({')) throw new Error(`${name}: a module is both imported and required`)
  }
  const placed = new Set()
  /** What the chunk imports, itself included, and is in no pack yet; of what it imports later on, what is no larger than this. */
  const reach = (name, laterBytes = 0, found = new Set()) => {
    if (placed.has(name) || found.has(name)) return found
    found.add(name)
    for (const { path, kind, external } of outputs.get(name).imports) {
      const later = kind !== 'import-statement'
      if (!external && (!later || outputs.get(basename(path)).bytes <= laterBytes)) reach(basename(path), laterBytes, found)
    }
    return found
  }
  const entryOf = (source) => [...outputs].find(([, { entryPoint }]) => entryPoint === source)[0]
  const packs = [
    ['flotilla', () => reach('main.js')],
    ['apiserver', () => reach(entryOf('src/cli/run/run-api-server.ts'), 20_000)],
    ['fleet', () => chunks.filter((name) => !placed.has(name))],
  ].map(([pack, choose]) => {
    const names = [...choose()].sort()
    for (const name of names) placed.add(name)
    return [pack, names]
  })
  const parts = new Map(
    await Promise.all(chunks.map(async (name) => [name, await part(name, written.get(name), written.get(`${name}.map`))])),
  )
  const texts = packs.map(([pack, names]) => [
    pack,
    packOf(
      pack,
      names.map((name) => parts.get(name)),
    ),
  ])
  const thread = await build({
    ...shared,
    sourcemap: false,
    entryPoints: { 'render-thread': 'src/app/rendering/threads/render-thread.ts' },
    outdir: folder,
    bundle: true,
    packages: 'bundle',
    write: false,
    charset: 'ascii',
    // Packages that are CommonJS ask for Node's modules so.
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
  })
  const threadText = thread.outputFiles[0].text
  const digest = createHash('sha256').update(threadText)
  for (const [, { text }] of texts) digest.update(text)
  const version = digest.digest('hex').slice(0, 12)
  await mkdir(join(folder, version), { recursive: true })
  for (const [pack, { text, map }] of texts) {
    await replace(join(folder, version, `${pack}.cjs.map`), map)
    await replace(join(folder, version, `${pack}.cjs`), text)
  }
  await replace(join(folder, version, 'render-thread.js'), threadText)
  const start = await build({
    ...shared,
    format: 'cjs',
    sourcemap: false,
    entryPoints: { start: 'src/cli/start/start.ts' },
    outdir: folder,
    bundle: true,
    packages: 'bundle',
    write: false,
    define: { flotillaBuild: JSON.stringify(version) },
  })
  await replace(join(folder, 'start.cjs'), start.outputFiles[0].text)
  await removeOld(folder, version)
}

/** What was built a while ago and is replaced: nobody who started it reads packs any more. */
async function removeOld(folder, version) {
  const kept = ['cache', 'start.cjs', version]
  for (const name of await readdir(folder)) {
    if (kept.includes(name)) continue
    const path = join(folder, name)
    const facts = await stat(path).catch(() => undefined)
    if (facts && Date.now() - facts.mtimeMs > 10 * 60_000) await rm(path, { force: true, recursive: true })
  }
}

/** commander loads child_process, and with it much of Node, for commands that are programs of their own: there are none. */
const lateChildProcess = {
  name: 'late-child-process',
  setup(builder) {
    builder.onResolve({ filter: /^(node:)?child_process$/ }, ({ importer }) =>
      /[\\/]node_modules[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'late' } : undefined,
    )
    builder.onLoad({ filter: /.*/, namespace: 'late' }, () => ({
      contents: "exports.spawn = (...given) => require('node:child_process').spawn(...given)",
    }))
  },
}

/** A chunk as a CommonJS module: imports and exports, the dynamic ones too, become calls of `require`. */
async function part(name, text, map) {
  const inline = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`
  const result = await transform(text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n') + inline, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'external',
    sourcefile: name,
    charset: 'ascii',
    supported: { 'dynamic-import': false },
  })
  return { name, code: lazy(result.code), map: JSON.parse(result.map) }
}

/**
 * Imports are evaluated at their first use: a start needs few of the modules that it names. esbuild writes every use of an import as
 * a member of a variable that it made for it.
 */
function lazy(code) {
  const imports = new Map()
  const declared = code.replace(
    /^var (import_\w+) = ((?:__toESM\()?require\("[^"\n]+"\)(?:, 1)?\)?);$/gm,
    (_, variable, value) => {
      imports.set(variable, value)
      return `var ${variable};`
    },
  )
  return declared.replace(/(?<!var )\bimport_\w+(?=\W)/g, (name) =>
    imports.has(name) ? `(${name} ??= ${imports.get(name)})` : name,
  )
}

/** The packages that the sources import, by the names they use. */
async function packagesOf(folder) {
  const found = new Set()
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.endsWith('.ts') || /\.(test|d|support)\.ts$/.test(path)) continue
    const text = await readFile(join(folder, path), 'utf8')
    for (const [, name] of text.matchAll(/^(?:import|export|\}) .*from '([^.'][^']*)'/gm)) if (!isBuiltin(name)) found.add(name)
  }
  return [...found].sort()
}

const nameOf = (name) => name.replace(/[^a-z0-9]+/gi, '-')

function packOf(name, parts) {
  const lines = ['"use strict";', '(typeof module === "object" ? module : {}).exports = ({']
  const sections = []
  for (const { name: part, code, map } of parts) {
    lines.push(`${JSON.stringify(`./${part}`)}(require, module, exports, programUrl) {`)
    // Counted from 0, and the mark is line 0.
    sections.push({ offset: { line: lines.length + 1, column: 0 }, map })
    for (const line of code.trimEnd().split('\n')) lines.push(line)
    lines.push('},')
  }
  lines.push('})', `//# sourceMappingURL=${name}.cjs.map`, '')
  const body = lines.join('\n')
  const digest = createHash('sha256').update(body).digest('hex')
  return {
    text: `/*! flotilla pack ${digest} */\n${body}`,
    // Node reads no map without `sources`.
    map: JSON.stringify({ version: 3, file: `${name}.cjs`, sources: [], sections }),
  }
}

/** Whoever starts the program meanwhile has the old build or the new one. Left alone if it is the same: what was compiled of it stays. */
async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return
  const draft = `${path}.${process.pid}.draft`
  await writeFile(draft, text)
  await rename(draft, path)
}
