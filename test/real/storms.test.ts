import { test } from 'node:test'
import { runStorm } from '../concurrency/run-storm.js'

/** FLOTILLA_STORM_SEEDS: other seeds than these, parted by commas. */
const seeds = (process.env['FLOTILLA_STORM_SEEDS'] ?? '1,2,3').split(',').map(Number)

for (const seed of seeds) {
  test(`a storm of 30 s is one history (seed ${seed})`, { timeout: 290_000 }, () => runStorm({ seconds: 30, seed }))
}
