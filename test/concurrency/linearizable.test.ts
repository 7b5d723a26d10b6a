import { test } from 'node:test'
import { runStorm } from './run-storm.js'

/** FLOTILLA_STORM_SECONDS (default 4) and FLOTILLA_STORM_SEED for others; `test/real/storms.test.ts` has long ones. */
const seconds = Number(process.env['FLOTILLA_STORM_SECONDS'] ?? 4)
const seed = Number(process.env['FLOTILLA_STORM_SEED'] ?? 1)

test(
  'writes, reads, lists and watches are one history, whatever happens to the server',
  {
    timeout: 200_000 + seconds * 3000,
  },
  () => runStorm({ seconds, seed }),
)
