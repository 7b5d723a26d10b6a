// Writes the goldens of the expression language: `node tools/cel-goldens/write-goldens.mjs`. Needs Go and the public
// modules that go.mod pins; builds in a temporary folder. Fails when the engine cannot be built.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { plain, resource } from './expressions.mjs'
import { oldSelf, schema, self, x } from './resource.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, '../../src/kube/cel/goldens')
const work = mkdtempSync(join(tmpdir(), 'flotilla-cel-'))
try {
  for (const name of ['go.mod', 'go.sum', 'main.go']) cpSync(join(here, name), join(work, name))
  const environment = { ...process.env, GOFLAGS: '-mod=mod' }
  const built = spawnSync('go', ['build', '-o', 'engine', '.'], { cwd: work, encoding: 'utf8', env: environment })
  if (built.status !== 0) throw new Error(`go build failed: ${built.stderr}`)
  const input = JSON.stringify({ schema, self, oldSelf, x, plain, resource })
  const run = () => {
    const ran = spawnSync(join(work, 'engine'), { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (ran.status !== 0) throw new Error(`the engine failed: ${ran.stderr}`)
    return JSON.parse(ran.stdout)
  }
  // Go walks maps in any order: what differs between runs has no one answer and is left out, as is what makes the engine panic.
  const runs = [run(), run(), run(), run(), run()]
  const [out] = runs
  const told = (key) =>
    out[key].filter((golden, i) => {
      const spreads = runs.some((other) => JSON.stringify(other[key][i]) !== JSON.stringify(golden))
      return !spreads && (golden.expression !== '' || golden.issues !== undefined)
    })
  const provenance = 'tools/cel-goldens: github.com/google/cel-go v0.23.2, k8s.io/apiserver v0.33.13, environment 1.33'
  mkdirSync(target, { recursive: true })
  const write = (name, content) => {
    const goldens = content.goldens.map((golden) => `    ${JSON.stringify(golden)}`).join(',\n')
    const { goldens: _, ...rest } = content
    const head = JSON.stringify({ provenance, ...rest }).slice(0, -1)
    writeFileSync(join(target, `${name}.json`), `${head},\n  "goldens": [\n${goldens}\n  ]\n}\n`)
    console.log(`${name}: ${content.goldens.length}`)
  }
  write('plain', { bindings: { x }, goldens: told('plain') })
  write('resource', { type: out.type, bindings: { self, oldSelf }, goldens: told('resource') })
} finally {
  rmSync(work, { recursive: true, force: true })
}
