// Makes a checkout ready to run: installs the locked dependencies and builds, each only if what it depends on has changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `flotilla needs Node 20.19 or newer; this is ${process.versions.node}. Install a current Node and run the command again.`,
  )
  process.exit(2)
}

function stamp(name, value, work) {
  const file = join('node_modules', '.cache', 'flotilla', name)
  if (existsSync(file) && readFileSync(file, 'utf8') === value) return
  work()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, value)
}
function run(command, args) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
  if (result.status !== 0) {
    console.error(`${command} ${args.join(' ')} failed: see its output above.`)
    process.exit(result.status ?? 1)
  }
}
const hash = createHash('sha256')
hash.update(readFileSync('package-lock.json'))
stamp('installed', hash.digest('hex'), () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))

const times = createHash('sha256')
function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) walk(path)
    else {
      const { mtimeMs, size } = statSync(path)
      times.update(`${path}\0${mtimeMs}\0${size}\n`)
    }
  }
}
for (const folder of ['src', 'test', 'bench', 'tools']) if (existsSync(folder)) walk(folder)
stamp('built', existsSync('dist/package.json') ? times.digest('hex') : `none-${Date.now()}`, () =>
  run(process.execPath, ['tools/build.mjs', '--clean']),
)
