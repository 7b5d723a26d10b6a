// Runs the tests of dist/ with node's own runner. `--real` runs the real tier (test/real and test/differential/real*), which
// wants peers such as kubectl; without it, everything that needs Node and git only.
// Further arguments choose files by a part of their path: `node tools/test.mjs go-template`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runRealTier, SECOND_TRIES } from './real-tier.mjs'

const args = process.argv.slice(2)
const real = args.includes('--real')
const wanted = args.filter((arg) => !arg.startsWith('--'))
const files = readdirSync('dist', { recursive: true })
  .map((path) => join('dist', String(path)))
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => /test[\\/](real[\\/]|differential[\\/]real)/.test(path) === real)
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`no test file${wanted.length > 0 ? ` matches ${wanted.join(', ')}` : ''}`)
  process.exit(2)
}
const wholeRun = wanted.length === 0
if (real) process.exit((await runRealTier(files, wholeRun)) ? 0 : 1)
process.exit(runTests())

function runTests() {
  const first = run(files)
  const failed = Object.keys(first.files).filter((file) => first.files[file].failed > 0)
  // What failed among hundreds of files on a busy machine is run once more by itself: few files, and each is named.
  if (first.status === 0 || !wholeRun || failed.length === 0 || failed.length > SECOND_TRIES) return first.status
  console.log(`\n# ${failed.join(' ')}: FAILED AT THE FIRST TRY, runs again`)
  const second = run(failed)
  if (second.status !== 0) return second.status
  const passed = Object.values({ ...first.files, ...second.files }).reduce((sum, file) => sum + file.passed, 0)
  for (const line of [`pass ${passed}`, 'fail 0', `flaky ${failed.length} ${failed.join(' ')}`]) console.log(`# ${line}`)
  return 0
}

function run(chosen) {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-tests-'))
  const counts = join(folder, 'counts.json')
  const reporter = process.env.FLOTILLA_TEST_REPORTER ?? (process.stdout.isTTY ? 'spec' : 'dot')
  const reporters = [
    ...[`--test-reporter=${reporter}`, '--test-reporter-destination=stdout'],
    ...['--test-reporter=./tools/file-counts-reporter.mjs', `--test-reporter-destination=${counts}`],
  ]
  const flags = ['--enable-source-maps', '--test', ...reporters, '--test-concurrency=2', '--test-timeout=120000']
  try {
    const result = spawnSync(process.execPath, [...flags, ...chosen], { stdio: ['ignore', 'inherit', 'inherit'] })
    return { status: result.status ?? 1, files: JSON.parse(readFileSync(counts, 'utf8') || '{}') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
