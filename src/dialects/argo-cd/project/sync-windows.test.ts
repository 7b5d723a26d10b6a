import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../base/json.js'
import { isDue, parseCronSchedule, zoneOffset } from '../../../formats/cron/cron-schedule.js'
import { defaultProject } from './default-project.js'
import { decideSyncWindow } from './sync-windows.js'

// Thursday.
const noon = Date.UTC(2026, 0, 1, 12, 0, 0)
const subject = { name: 'web', namespace: 'shop', clusterName: 'east', server: 'https://east' }

function decide(windows: JsonObject[], options: { manual?: boolean; at?: number } = {}) {
  const project = defaultProject('argocd')
  return decideSyncWindow(
    { ...project, spec: { ...project.spec, syncWindows: windows } },
    subject,
    options.manual ?? false,
    options.at ?? noon,
  )
}
const window = (kind: string, schedule: string, duration: string, more: JsonObject = {}): JsonObject => ({
  kind,
  schedule,
  duration,
  applications: ['*'],
  ...more,
})

test('windows that deny win; where some allow, one must be open', () => {
  assert.equal(decide([]), 'allowed')
  assert.equal(decide([window('allow', '0 11 * * *', '2h')]), 'allowed')
  assert.equal(decide([window('allow', '0 13 * * *', '2h')]), 'blocked')
  assert.equal(decide([window('deny', '0 11 * * *', '2h')]), 'blocked')
  assert.equal(decide([window('deny', '0 13 * * *', '2h')]), 'allowed')
  assert.equal(decide([window('allow', '* * * * *', '1h'), window('deny', '0 12 * * thu', '1m')]), 'blocked')
  assert.equal(decide([window('allow', '0 13 * * *', '1h'), window('allow', '30 11 * * *', '1h')]), 'allowed')
})

test('people pass where manualSync says so', () => {
  assert.equal(decide([window('deny', '0 11 * * *', '2h')], { manual: true }), 'blocked')
  assert.equal(decide([window('deny', '0 11 * * *', '2h', { manualSync: true })], { manual: true }), 'allowed')
  assert.equal(decide([window('allow', '0 13 * * *', '2h', { manualSync: true })], { manual: true }), 'allowed')
  assert.equal(decide([window('allow', '0 13 * * *', '2h', { manualSync: true })]), 'blocked')
})

test('a window concerns some applications, namespaces or clusters', () => {
  const denied = (more: JsonObject) => decide([window('deny', '* * * * *', '1h', { applications: [], ...more })])
  assert.equal(denied({}), 'allowed')
  assert.equal(denied({ applications: ['we*'] }), 'blocked')
  assert.equal(denied({ namespaces: ['other'] }), 'allowed')
  assert.equal(denied({ clusters: ['https://east'] }), 'blocked')
  assert.equal(denied({ applications: ['x'], clusters: ['east'] }), 'blocked')
  assert.equal(denied({ applications: ['x'], clusters: ['east'], andOperator: true }), 'allowed')
})

test('zones count, summer time included', () => {
  const berlin = window('allow', '0 9 * * *', '1h', { timeZone: 'Europe/Berlin' })
  assert.equal(decide([berlin], { at: Date.UTC(2026, 0, 1, 8, 30) }), 'allowed')
  assert.equal(decide([berlin], { at: Date.UTC(2026, 6, 1, 8, 30) }), 'blocked')
  assert.equal(decide([berlin], { at: Date.UTC(2026, 6, 1, 7, 30) }), 'allowed')
  assert.equal(zoneOffset('Asia/Kolkata')?.(noon), 5.5 * 3_600_000)
})

test('what cannot be read errs on the safe side', () => {
  assert.equal(decide([window('deny', 'nonsense', '1h')]), 'blocked')
  assert.equal(decide([window('allow', '* * * * *', 'nonsense')]), 'blocked')
  assert.equal(decide([window('deny', '* * * * *', '1h', { timeZone: 'Nowhere/Land' })]), 'blocked')
  assert.equal(decide(['text' as unknown as JsonObject]), 'allowed')
})

test('cron expressions', () => {
  // A Sunday.
  const at = Date.UTC(2026, 2, 15, 9, 30)
  for (const text of ['30 9 * * *', '*/15 9 15 mar ?', '0-30/10 8-10 * 3 sun', '30 9 1 * 7', '30 9 15 * mon', '15,30 * * * *'])
    assert.equal(isDue(parseCronSchedule(text), at), true, text)
  for (const text of ['31 9 * * *', '30 9 * 4 *', '30 9 * * mon-fri', '@hourly', '30 9 14 * *'])
    assert.equal(isDue(parseCronSchedule(text), at), false, text)
  for (const text of [
    '',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '*/0 * * * *',
    '5-1 * * * *',
    'a * * * *',
    '* * * * * *',
    '1-2-3 * * * *',
  ])
    assert.throws(() => parseCronSchedule(text), { code: 'cron-schedule-invalid' }, text)
})
