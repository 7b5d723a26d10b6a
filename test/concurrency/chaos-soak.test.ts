import { test } from 'node:test'
import { runAway } from '../support/run-away.js'

/** FLOTILLA_SOAK_DAYS: virtual days (default half a one); FLOTILLA_SOAK_SEED: which of the endless ways they may go. */
const days = Number(process.env['FLOTILLA_SOAK_DAYS'] ?? 0.5)
const seed = Number(process.env['FLOTILLA_SOAK_SEED'] ?? 1)

test(
  'a fleet in which things fail by chance is whole whenever nothing fails, and stays as small',
  {
    timeout: 60_000 + days * 120_000,
  },
  () => runAway(new URL('./run-chaos-soak.js', import.meta.url), 'runChaosSoak', { days, seed }),
)
