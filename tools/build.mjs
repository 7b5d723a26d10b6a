// Builds dist/: every module as JavaScript of its own (what the tests and benches run), and the program that bin/flotilla.js
// starts, bundled (tools/bundle.mjs: fewer files to open, a faster start).
// Types are checked by `npm run typecheck`, not here.
import { rmSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleProgram } from './bundle.mjs'

async function* sources(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.ts$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path
  }
}

const entryPoints = []
for (const folder of ['src', 'test', 'bench']) for await (const path of sources(folder)) entryPoints.push(path)

if (process.argv.includes('--clean')) rmSync('dist', { recursive: true, force: true })
const shared = { platform: 'node', format: 'esm', target: 'node20', sourcemap: true, logLevel: 'warning' }
await build({ ...shared, entryPoints, outbase: '.', outdir: 'dist' })
// What was built of files that are gone would be tested for ever.
const built = new Set(entryPoints.map((path) => join('dist', path).replace(/\.ts$/, '.js')))
for (const folder of ['src', 'test', 'bench']) {
  for (const path of await readdir(join('dist', folder), { recursive: true }).catch(() => [])) {
    const full = join('dist', folder, path)
    if (/\.js(\.map)?$/.test(path) && !built.has(full.replace(/\.map$/, ''))) rmSync(full, { force: true })
  }
}
// Data files that modules read at run time stand beside them.
for (const folder of ['src']) {
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.endsWith('.json') || path.endsWith('tsconfig.json')) continue
    const to = join('dist', folder, path)
    await mkdir(join(to, '..'), { recursive: true })
    await writeFile(to, await readFile(join(folder, path)))
  }
}
await mkdir('dist', { recursive: true })
await writeFile('dist/package.json', '{"type":"module"}\n')
// What runs in the containers of pods, in one file: it is started often and has to be quick.
const podServer = await stat('src/app/fleet/pod-server.ts').catch(() => undefined)
if (podServer) {
  await build({
    ...shared,
    sourcemap: false,
    entryPoints: { 'pod-server': 'src/app/fleet/pod-server.ts' },
    outdir: 'dist',
    bundle: true,
    packages: 'bundle',
    minify: true,
    keepNames: true,
  })
}
const main = await stat('src/cli/main.ts').catch(() => undefined)
if (main) await bundleProgram('dist/bundle', shared)
