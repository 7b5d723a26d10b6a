import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectLoopback } from '../../src/apiserver/members/network/detect-loopback.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'
import { quoted, runSpecs, type SpecResult } from './kubernetes-e2e/run-specs.js'
import { readSpecLists } from './kubernetes-e2e/spec-lists.js'

// The conformance specs of Kubernetes' own e2e suite against one embedded cluster whose pods are processes.
//   FLOTILLA_E2E=all               every spec that is not known to fail: half an hour (default: the quick ones)
//   FLOTILLA_E2E=sig-apps,sig-cli  those of these groups
//   FLOTILLA_E2E_FOCUS=REGEXP      of those only the ones that match, known failures too
//   FLOTILLA_E2E_PROCESSES=4       so many at once
// The report stays in .cache/e2e.

const { FLOTILLA_E2E: wanted, FLOTILLA_E2E_FOCUS: pattern, FLOTILLA_E2E_PROCESSES: processes } = process.env
const abilities = await detectLoopback()
const specs = findPeer('kubernetes-e2e')
const ginkgo = 'reason' in specs ? specs : findPeer('ginkgo')
const skip = !abilities.addresses
  ? 'only 127.0.0.1 can be bound here'
  : !abilities.lowPorts
    ? 'ports below 1024 cannot be bound here'
    : 'reason' in specs
      ? `no e2e specs: ${specs.reason}`
      : 'reason' in ginkgo
        ? `no ginkgo: ${ginkgo.reason}`
        : false

const lists = readSpecLists()
const known = lists.flatMap((list) => list.known)
const isKnown = ({ name }: SpecResult) => known.some(({ spec }) => name.includes(spec))
const groups = wanted === 'all' || wanted === undefined ? lists.map(({ sig }) => sig) : wanted.split(',')
const focus = pattern
  ? [pattern]
  : wanted === undefined
    ? lists.flatMap(({ quick }) => quick.map(quoted))
    : groups.map((sig) => `\\[${sig}\\]`)

/** A row for each group: how many passed, failed, were skipped by themselves, are known to fail, were not asked for. */
function tableOf(results: readonly SpecResult[]): string[] {
  const columns = ['passed', 'failed', 'skipped', 'known', 'left out'] as const
  const rows = [...new Set(results.map(({ sig }) => sig))].sort().map((sig) => {
    const mine = results.filter((each) => each.sig === sig)
    const stateOf = (each: SpecResult) => (each.state === 'left out' && isKnown(each) ? 'known' : each.state)
    return [sig, ...columns.map((column) => String(mine.filter((each) => stateOf(each) === column).length))]
  })
  return [['', ...columns], ...rows].map((row) =>
    row
      .map((cell, index) => cell.padEnd(index === 0 ? 22 : 10))
      .join('')
      .trimEnd(),
  )
}

describe('the conformance specs of Kubernetes', { skip, timeout: 3_600_000 }, () => {
  let fleet: RunningFleet
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
  const kubeconfig = join(folder, 'kubeconfig')
  before(async () => {
    const podsConfig = join(folder, 'pods.yaml')
    writeFileSync(podsConfig, 'mostProcesses: 250\n')
    fleet = await startRunningFleet({ clusters: 'us-east', pods: 'auto', podsConfig })
    const all = join(fleet.folder, 'state', 'kubeconfig')
    const args = ['--kubeconfig', all, '--context', 'us-east', 'config', 'view', '--minify', '--flatten']
    writeFileSync(kubeconfig, execFileSync('kubectl', args))
  })
  after(async () => {
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('pass, but for those that are known to fail', async (context) => {
    const reports = resolve('.cache/e2e')
    rmSync(reports, { recursive: true, force: true })
    mkdirSync(reports, { recursive: true })
    const results = await runSpecs({
      programs: { specs: (specs as { path: string }).path, ginkgo: (ginkgo as { path: string }).path },
      kubeconfig,
      folder: reports,
      focus,
      skip: pattern ? [] : known.map(({ spec }) => quoted(spec)),
      processes: Number(processes ?? 4),
      minutes: wanted === undefined ? 6 : 50,
    })
    for (const line of tableOf(results)) context.diagnostic(line)
    const texts = [...lists.flatMap(({ quick }) => quick), ...known.map(({ spec }) => spec)]
    const unmatched = texts.filter((text) => !results.some(({ name }) => name.includes(text)))
    assert.deepEqual(unmatched, [], 'the lists name specs that there are not')
    const failed = results.filter(({ state }) => state === 'failed')
    assert.deepEqual(
      failed.map(({ name, message }) => `${name}: ${message.slice(0, 400)}`),
      [],
    )
    assert.ok(results.some(({ state }) => state === 'passed'))
  })
})
