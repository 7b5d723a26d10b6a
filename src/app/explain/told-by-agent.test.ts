import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workName } from '../../areas/agent/work.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { toldByAgent } from './told-by-agent.js'

const id = 'placement/ConfigMap/shop/one'

function hubWith(status: unknown): KubeClient {
  const get = async ({ name, namespace }: { name: string; namespace?: string }) => {
    assert.deepEqual([namespace, name], ['flotilla-cluster-edge', workName(id)])
    if (status === 'none') throw statusErrors.notFound({ group: 'flotilla.dev', resource: 'works', name })
    return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Work', metadata: { name }, spec: { id }, status }
  }
  return { get } as unknown as KubeClient
}

test('a copy behind an agent is as the agent said last', async () => {
  const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }
  const base = { step: 'none', message: '', since: 0, observedGeneration: 1 }
  const seen = (status: unknown) => toldByAgent(hubWith(status), 'edge', id)
  assert.deepEqual(await seen({ ...base, state: 'Applied', live }), { is: 'ok', words: 'it is there (told by its agent)' })
  assert.deepEqual(await seen({ ...base, state: 'Refused', message: 'forbidden' }), {
    is: 'bad',
    words: 'Refused: forbidden (told by its agent)',
  })
  assert.equal((await seen({ ...base, state: 'Waiting' })).is, 'waits')
  assert.equal((await seen(undefined)).is, 'waits')
  assert.equal((await seen('none')).is, 'missing')
})
