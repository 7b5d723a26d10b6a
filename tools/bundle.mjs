// Builds the program that bin/flotilla.js starts (dist/bundle):
//
//     start.cjs      opens the packs, with the code that was compiled before (src/cli/start)
//     flotilla.cjs   a pack: what every command needs
//     fleet.cjs      a pack: what commands import when they run
//
// A pack is one expression, an object of functions: the chunks that esbuild splits the program into, each evaluated when it is
// first asked for. In one file they are read at once, and V8 keeps their compiled code in one piece (docs/adr/0012).
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, transform } from 'esbuild'

export async function bundleProgram(folder, shared) {
  const { outputFiles, metafile } = await build({
    ...shared,
    sourcemap: 'external',
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: 'bundle',
    write: false,
    metafile: true,
    charset: 'ascii',
    define: { 'import.meta.url': 'programUrl' },
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  const chunks = [...texts.keys()].filter((name) => name.endsWith('.js'))
  for (const name of chunks) {
    // Such a module would reassign what others import from it, and importers have the values (createPartLoader).
    if (texts.get(name).includes('__esm({')) throw new Error(`${name}: a module is both imported and required`)
  }
  const core = new Set()
  const reach = (name) => {
    if (core.has(name)) return
    core.add(name)
    for (const { path, kind, external } of outputs.get(name).imports)
      if (kind === 'import-statement' && !external) reach(basename(path))
  }
  reach('main.js')
  const parts = await Promise.all(chunks.map((name) => part(name, texts.get(name), texts.get(`${name}.map`))))
  await mkdir(folder, { recursive: true })
  // The first pack names parts of the second: the second is there first.
  await writePack(
    join(folder, 'fleet.cjs'),
    parts.filter(({ name }) => !core.has(name)),
  )
  await writePack(
    join(folder, 'flotilla.cjs'),
    parts.filter(({ name }) => core.has(name)),
  )
  await build({
    ...shared,
    format: 'cjs',
    sourcemap: false,
    entryPoints: { start: 'src/cli/start/start.ts' },
    outExtension: { '.js': '.cjs' },
    outdir: folder,
    bundle: true,
    packages: 'bundle',
  })
  const kept = ['cache', 'start.cjs', 'flotilla.cjs', 'flotilla.cjs.map', 'fleet.cjs', 'fleet.cjs.map']
  for (const name of await readdir(folder))
    if (!kept.includes(name)) await rm(join(folder, name), { force: true, recursive: true })
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
  return { name, code: result.code, map: JSON.parse(result.map) }
}

async function writePack(path, parts) {
  const lines = ['"use strict";', '(typeof module === "object" ? module : {}).exports = ({']
  const sections = []
  for (const { name, code, map } of parts) {
    lines.push(`${JSON.stringify(`./${name}`)}(require, module, exports, programUrl) {`)
    // Counted from 0, and the mark is line 0.
    sections.push({ offset: { line: lines.length + 1, column: 0 }, map })
    for (const line of code.trimEnd().split('\n')) lines.push(line)
    lines.push('},')
  }
  lines.push('})', `//# sourceMappingURL=${basename(path)}.map`, '')
  const body = lines.join('\n')
  const digest = createHash('sha256').update(body).digest('hex')
  await replace(`${path}.map`, JSON.stringify({ version: 3, file: basename(path), sections }))
  await replace(path, `/*! flotilla pack ${digest} */\n${body}`)
}

/** Whoever starts the program meanwhile reads the old file or the new one. Left alone if it is the same: what was compiled of it stays. */
async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return
  const draft = `${path}.${process.pid}.draft`
  await writeFile(draft, text)
  await rename(draft, path)
}
