import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { recordUpdate } from '../../../kube/apply/server-side-apply.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'
import { shapeOf } from './record-creation.js'

const random = createSeededRandom(5)
const pick = <T>(...of: T[]): T => of[Math.floor(random.number() * of.length)]!
const maybe = (chance: number, value: object): object => (random.number() < chance ? value : {})

function randomDeployment(index: number): KubeObject {
  const container = (name: string) => ({
    name,
    image: pick('a:1', 'b:2'),
    ...maybe(0.3, { env: [{ name: pick('A', 'B'), value: pick('', 'x') }] }),
    ...maybe(0.3, { ports: [{ containerPort: pick(80, 81), protocol: pick('TCP', 'UDP') }] }),
    ...maybe(0.3, { args: [pick('x', 'y')] }),
    ...maybe(0.2, { resources: { limits: { cpu: pick('1', '2') } } }),
    ...maybe(0.2, { stdin: pick(true, false) }),
  })
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `d${index}`,
      namespace: 'default',
      ...maybe(0.5, { labels: { [pick('a', 'b')]: pick('', 'x') } }),
      ...maybe(0.3, { annotations: pick({}, { n: 'o' }) }),
    },
    spec: {
      ...maybe(0.7, { replicas: pick(0, 1, 5) }),
      ...maybe(0.3, { paused: pick(true, false) }),
      ...maybe(0.3, { strategy: { type: 'Recreate' } }),
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: {
          containers: [container('main'), ...(random.number() < 0.3 ? [container('side')] : [])],
          ...maybe(0.3, { nodeSelector: { [pick('x', 'y')]: 'z' } }),
          ...maybe(0.2, { volumes: [{ name: pick('v', 'w'), emptyDir: {} }] }),
        },
      },
    },
  }
}

test('remembered ownership is what working it out gives', async () => {
  const { client, type, cluster } = await createClusterFixture()
  const schema = cluster.api.schemas.forKind('apps/v1', 'Deployment')
  let seen = 0
  const shapes = new Set<string>()
  for (let index = 0; index < 300; index++) {
    const made = await client.create(type('deploy'), randomDeployment(index), { fieldManager: pick('one', 'two') })
    const [entry] = made.metadata.managedFields!
    const { managedFields: _, ...metadata } = made.metadata
    const updated: KubeObject = { ...made, metadata }
    delete updated['status']
    const worked = recordUpdate({ schema, updated, manager: entry!.manager, nowText: entry!.time! })
    assert.deepEqual(made.metadata.managedFields, worked.metadata.managedFields)
    const shape = shapeOf(updated)
    if (shapes.has(shape)) seen++
    shapes.add(shape)
  }
  assert.ok(seen > 5, 'some shapes come twice')
})

test('shapes tell apart what owns other paths', () => {
  const different: [unknown, unknown][] = [
    [{ a: 1 }, { b: 1 }],
    [{ a: '' }, { a: 'x' }],
    [{ a: {} }, { a: [] }],
    [{ a: [{ name: 'x' }] }, { a: [{ name: 'y' }] }],
    [{ a: ['x', 'y'] }, { a: ['xs1:y'] }],
    [{ a: [1, 2] }, { a: [12] }],
    [{ a: { b: 1 } }, { a: 1, b: 1 }],
    [{ a: 0 }, { a: null }],
  ]
  for (const [left, right] of different) assert.notEqual(shapeOf(left), shapeOf(right), JSON.stringify([left, right]))
  assert.equal(shapeOf({ a: 'x', b: { c: 3 } }), shapeOf({ a: 'y', b: { c: 4 } }))
})
