import assert from 'node:assert/strict'
import { test } from 'node:test'
import { version as agentVersion } from '../../src/app/agent/agent-version.js'
import { version } from '../../src/cli/version.js'
import { runGuide } from '../support/run-guide.js'

test('the guide of clusters behind a firewall works as it stands', { timeout: 60_000 }, async () => {
  await runGuide('docs/guides/clusters-behind-a-firewall.md', { kubectl: false })
})

test('agents tell the version of the program', () => {
  assert.equal(agentVersion, version)
})
