import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectLoopback } from '../../src/apiserver/members/network/detect-loopback.js'
import { parseYaml } from '../../src/formats/yaml/parse-yaml.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

// The official conformance suite of kubernetes-sigs/mcs-api against embedded members whose pods are processes. The first
// cluster is the suite's remote one. Its reports stay in .cache/conformance.

const abilities = await detectLoopback()
const suite = findPeer('mcs-conformance')
const skip = !abilities.addresses
  ? 'only 127.0.0.1 can be bound here'
  : !abilities.lowPorts
    ? 'ports below 1024 cannot be bound here'
    : 'reason' in suite
      ? `no conformance suite: ${suite.reason}`
      : false

interface Report {
  groups: { name: string; tests: { desc: string; passed: boolean; skipped: boolean; conformant: boolean; message: string }[] }[]
}

function runSuite(kubeconfig: string, contexts: string, folder: string): Promise<string> {
  const args = [
    ...['-kubeconfig', kubeconfig, '-contexts', contexts, '-ginkgo.no-color'],
    ...['-organization', 'Flotilla', '-project', 'Flotilla', '-version', 'development', '-url', 'https://flotilla.dev'],
  ]
  return new Promise((resolve, reject) => {
    const child = spawn((suite as { path: string }).path, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const parts: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part))
    child.once('error', reject)
    child.once('close', () => resolve(Buffer.concat(parts).toString()))
  })
}

describe('the official conformance suite of the Multi-Cluster Services API', { skip, timeout: 900_000 }, () => {
  let fleet: RunningFleet
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-mcs-'))
  before(async () => {
    // Pods of the specs before still end, with all of their grace: beyond the usual most, new ones would be simulated.
    const podsConfig = join(folder, 'pods.yaml')
    writeFileSync(podsConfig, 'mostProcesses: 400\n')
    fleet = await startRunningFleet({ clusters: 'remote,near,third', pods: 'auto', podsConfig })
  })
  after(async () => {
    await fleet.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const contexts of ['remote,near', 'remote,near,third']) {
    test(`27 of 27 with the clusters ${contexts}`, async () => {
      const output = await runSuite(join(fleet.folder, 'state', 'kubeconfig'), contexts, folder)
      const file = join(folder, 'report.yaml')
      assert.ok(existsSync(file), output.slice(-4000))
      const report = parseYaml(readFileSync(file, 'utf8')) as unknown as Report
      mkdirSync('.cache/conformance', { recursive: true })
      copyFileSync(file, `.cache/conformance/mcs-${contexts.split(',').length}-clusters.yaml`)
      const tests = report.groups.flatMap((group) => group.tests)
      const failed = tests.filter((each) => !each.passed || each.skipped || !each.conformant)
      assert.deepEqual(
        failed.map(({ desc, message }) => `${desc}: ${message}`),
        [],
        output.slice(-4000),
      )
      assert.match(output, /Ran 27 of 27 Specs/)
      assert.match(output, /27 Passed \| 0 Failed/)
    })
  }
})
