import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectWarnings } from './object-warnings.js'

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })

test('writers of Pods are warned of what does not mean what it seems to', () => {
  const resources = { limits: { memory: '100m' }, requests: { memory: '1.5Gi' } }
  const spec = {
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    imagePullSecrets: [{}],
    containers: [{ name: 'c', resources }],
  }
  assert.deepEqual(objectWarnings('pods', pod(spec)), [
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.imagePullSecrets[0].name: invalid empty name ""',
    'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
  ])
  const template = objectWarnings('deployments.apps', { ...pod({}), spec: { template: { spec } } } as never)
  assert.match(template[0] ?? '', /^spec\.template\.spec\.nodeSelector/)
  assert.deepEqual(objectWarnings('pods', pod({ containers: [{ resources: { limits: 'odd' } }] })), [])
})
