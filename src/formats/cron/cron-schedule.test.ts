import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDue, nextTime, parseCronSchedule, zoneOffset } from './cron-schedule.js'

function next(schedule: string, after: string, times = 1): string | undefined {
  const parsed = parseCronSchedule(schedule)
  let at: number | undefined = Date.parse(after)
  for (let count = 0; count < times && at !== undefined; count++) at = nextTime(parsed, at)
  return at === undefined ? undefined : new Date(at).toISOString().slice(0, 16)
}

test('schedules are due when cron says', () => {
  const cases: [string, string, string | undefined][] = [
    ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01'],
    ['*/15 * * * *', '2026-01-01T00:15:00Z', '2026-01-01T00:30'],
    ['5 4 * * *', '2026-01-01T05:00:00Z', '2026-01-02T04:05'],
    ['0 0 1 * *', '2026-01-31T12:00:00Z', '2026-02-01T00:00'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00'],
    ['0 12 * * mon-fri', '2026-01-02T13:00:00Z', '2026-01-05T12:00'],
    ['0 12 * * 7', '2026-01-01T00:00:00Z', '2026-01-04T12:00'],
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-01-02T00:00'],
    ['10-20/5,40 3 * jan,MAR *', '2026-01-01T03:15:00Z', '2026-01-01T03:20'],
    ['@hourly', '2026-01-01T00:00:00Z', '2026-01-01T01:00'],
    ['@yearly', '2026-06-01T00:00:00Z', '2027-01-01T00:00'],
    ['0 0 31 2 *', '2026-01-01T00:00:00Z', undefined],
  ]
  for (const [schedule, after, expected] of cases) assert.equal(next(schedule, after), expected, schedule)
  assert.equal(next('0 */6 * * *', '2026-01-01T00:00:00Z', 5), '2026-01-02T06:00')
})

test('what is no schedule is refused', () => {
  for (const text of [
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    'x * * * *',
    '1/2/3 * * * *',
    '@often',
    `${'*,'.repeat(10)}x * * * *`,
  ]) {
    assert.throws(() => parseCronSchedule(text), { code: 'cron-schedule-invalid' }, text)
  }
})

test('a zone has its own clocks, across a change of the hour', () => {
  const berlin = zoneOffset('Europe/Berlin')
  assert.ok(berlin)
  assert.equal(zoneOffset('Nowhere/Land'), undefined)
  const nine = parseCronSchedule('0 9 * * *')
  const times: string[] = []
  let at: number | undefined = Date.UTC(2026, 2, 27)
  for (let count = 0; count < 3; count++) {
    at = nextTime(nine, at!, berlin)
    times.push(new Date(at!).toISOString())
  }
  // Summer time begins on 29 March 2026.
  assert.deepEqual(times, ['2026-03-27T08:00:00.000Z', '2026-03-28T08:00:00.000Z', '2026-03-29T07:00:00.000Z'])
  assert.equal(isDue(nine, Date.UTC(2026, 6, 1, 7), berlin), true)
  assert.equal(isDue(nine, Date.UTC(2026, 6, 1, 9), berlin), false)
})
