import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { BenchResult } from './contract.js'

/**
 * Runs the benches one after the other, each in this process, and prints what they measured beside what they must reach:
 * `npm run bench` for all, `npm run bench -- kustomize push` for some. Exits 1 when a target is missed.
 */
const here = dirname(fileURLToPath(import.meta.url))
const wanted = process.argv.slice(2)
const files = readdirSync(here)
  .filter((name) => name.endsWith('.js') && name !== 'main.js' && name !== 'contract.js' && !name.includes('.support.'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()
if (files.length === 0) {
  console.error(`no bench matches ${wanted.join(', ')}`)
  process.exit(2)
}
let missed = 0
for (const file of files) {
  const bench = (await import(pathToFileURL(join(here, file)).href)) as { run?: () => Promise<readonly BenchResult[]> }
  if (!bench.run) continue
  try {
    for (const result of await bench.run()) {
      const { target } = result
      const met =
        target === undefined
          ? undefined
          : (target.atLeast === undefined || result.measured >= target.atLeast) &&
            (target.atMost === undefined || result.measured <= target.atMost)
      const goal =
        target === undefined
          ? ''
          : target.atLeast !== undefined
            ? ` (target >= ${target.atLeast})`
            : ` (target <= ${target.atMost})`
      const value = result.measured >= 100 ? result.measured.toFixed(0) : result.measured.toPrecision(3)
      console.log(
        `${met === undefined ? '    ' : met ? 'ok  ' : 'MISS'} ${result.name}: ${value} ${result.unit}${goal}${result.note ? `; ${result.note}` : ''}`,
      )
      if (met === false) missed++
    }
  } catch (error) {
    console.log(`FAIL ${file}: ${error instanceof Error ? error.message : String(error)}`)
    missed++
  }
}
process.exitCode = missed === 0 ? 0 : 1
