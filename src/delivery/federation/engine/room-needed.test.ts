import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Placement } from '../../placement/contract.js'
import type { FailoverRules, Federated } from '../contract.js'
import { roomNeeded } from './room-needed.js'

const container = { name: 'web', resources: { requests: { cpu: '1' } } }
const podSpec = { containers: [container] }

function read(
  spec: Record<string, unknown>,
  placement: Partial<Placement>,
  more: { kind?: string; replicas?: number; failover?: FailoverRules } = {},
): Federated {
  const { kind = 'Deployment', replicas = 2, failover } = more
  return {
    id: 'test',
    workload: { object: { apiVersion: 'apps/v1', kind, metadata: { name: 'web' }, spec }, replicas },
    policies: { placements: [{ name: 'p', selectors: [], placement: { division: { strategy: 'duplicated' }, ...placement } }] },
    previous: {},
    rules: { existing: 'adopt', retain: [], onRemoval: 'delete' },
    ...(failover === undefined ? {} : { failover }),
  }
}

test('clusters are asked for their room where the division, the placement or a move that may come heeds it', () => {
  const workload = { template: { spec: podSpec } }
  const silence = { toleratedSeconds: 300 }
  const asked = (each: Federated) => roomNeeded(each) !== undefined
  assert.equal(asked(read(workload, {})), false)
  assert.equal(asked(read(workload, { division: { strategy: 'aggregated' } })), true)
  assert.equal(asked(read(workload, { needsRoom: true })), true)
  assert.equal(asked(read(workload, {}, { failover: { cluster: { purge: 'Gracefully' } } })), false, 'a taint waits for no room')
  assert.equal(asked(read(workload, {}, { failover: { cluster: { purge: 'Gracefully', silence } } })), true)
  const application = { toleratedSeconds: 60, purge: 'Gracefully', graceSeconds: 600 } as const
  assert.equal(asked(read(workload, {}, { failover: { application } })), true)
  assert.equal(asked(read(workload, { needsRoom: true }, { replicas: 0 })), false)
  assert.equal(asked(read({ data: {} }, { needsRoom: true })), false, 'no pods')
  const cron = read({ jobTemplate: { spec: { template: { spec: podSpec } } } }, { needsRoom: true }, { kind: 'CronJob' })
  assert.equal(asked(cron), true)
})
