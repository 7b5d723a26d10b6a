// Runs the tests of dist/ with node's own runner. `--real` runs the real tier (test/real and test/differential/real*), which
// wants peers such as kubectl; without it, everything that needs Node and git only.
// Further arguments choose files by a part of their path: `node tools/test.mjs go-template`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runRealTier } from './real-tier.mjs'

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
if (real) process.exit((await runRealTier(files, wanted.length === 0)) ? 0 : 1)
const reporter = process.env.FLOTILLA_TEST_REPORTER ?? (process.stdout.isTTY ? 'spec' : 'dot')
const flags = ['--enable-source-maps', '--test', `--test-reporter=${reporter}`, '--test-concurrency=2', '--test-timeout=120000']
const result = spawnSync(process.execPath, [...flags, ...files], { stdio: ['ignore', 'inherit', 'inherit'] })
process.exit(result.status ?? 1)
