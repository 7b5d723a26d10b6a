import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloneJson } from '../../../base/json.js'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'

/** What a ConfigMap is to a naive twin of the server: no managed fields, no storage, no schema. */
interface Twin {
  data: Record<string, string>
  labels: Record<string, string>
  finalizers: string[]
  revision: number
  deleting: boolean
}

const conflict = 409
const missing = 404
const exists = 409

/**
 * Random writes by several clients, some of them stale, against a naive twin: the same answers, the same states, and a
 * revision for each change and for nothing else.
 */
for (const seed of [1, 2, 3]) {
  test(`writes agree with a naive twin (seed ${seed})`, async () => {
    const { client, type, cluster } = await createClusterFixture()
    const random = createSeededRandom(seed)
    const pick = <T>(...of: T[]): T => of[Math.floor(random.number() * of.length)]!
    const cm = type('cm')
    const twins = new Map<string, Twin>()
    const seen = new Map<string, KubeObject>()
    let revision = Number((await client.list(cm)).metadata.resourceVersion)

    const store = (name: string, next: Omit<Twin, 'revision'>) => {
      if (next.deleting && next.finalizers.length === 0) twins.delete(name)
      else twins.set(name, { ...next, revision: revision + 1 })
      revision++
    }
    const change = (name: string, of: Partial<Twin>) => {
      const before = twins.get(name)!
      const next = { ...before, ...of }
      // Nobody adds finalizers to what is being deleted.
      if (JSON.stringify({ ...next, revision: 0 }) !== JSON.stringify({ ...before, revision: 0 })) store(name, next)
    }
    const attempt = async (work: Promise<unknown>, expected: number | undefined) => {
      let code: number | undefined
      try {
        await work
      } catch (error) {
        assert.ok(error instanceof StatusError, String(error))
        code = error.httpCode
      }
      assert.equal(code, expected)
    }

    for (let step = 0; step < 400; step++) {
      const name = pick('a', 'b', 'c', 'd')
      const twin = twins.get(name)
      const target = { type: cm, namespace: 'default', name }
      const data = { k: pick('1', '2', '3') }
      const action = pick('create', 'create', 'update', 'stale', 'merge', 'merge', 'json', 'finish', 'delete', 'precondition')
      if (action === 'create') {
        const finalizers = pick([], [], ['x.io/f'])
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', finalizers }, data }
        await attempt(client.create(cm, object), twin ? exists : undefined)
        if (!twin) store(name, { data, labels: {}, finalizers, deleting: false })
      } else if (action === 'update') {
        const labels = { l: pick('x', 'y') }
        const { finalizers = [] } = twin ?? {}
        const metadata = { name, namespace: 'default', labels, finalizers }
        await attempt(client.update(cm, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }), twin ? undefined : missing)
        if (twin) change(name, { data, labels })
      } else if (action === 'stale') {
        const old = seen.get(name)
        if (old === undefined) continue
        const current = twin !== undefined && old.metadata.resourceVersion === String(twin.revision)
        const next = { ...cloneJson(old), data }
        // The uid of what is gone is a precondition too.
        await attempt(client.update(cm, next), current ? undefined : conflict)
        if (current) change(name, { data })
      } else if (action === 'merge') {
        await attempt(client.patch(target, { kind: 'merge', body: { data } }), twin ? undefined : missing)
        if (twin) change(name, { data: { ...twin.data, ...data } })
      } else if (action === 'json') {
        const value = pick('1', '2')
        const operations = [
          { op: 'test', path: '/data/k', value },
          { op: 'add', path: '/data/k', value: '9' },
        ]
        const fits = twin?.data['k'] === value
        await attempt(client.patch(target, { kind: 'json', operations }), twin === undefined ? missing : fits ? undefined : 422)
        if (fits) change(name, { data: { k: '9' } })
      } else if (action === 'finish') {
        await attempt(
          client.patch(target, { kind: 'merge', body: { metadata: { finalizers: null } } }),
          twin ? undefined : missing,
        )
        if (twin) change(name, { finalizers: [] })
      } else {
        const resourceVersion = action === 'precondition' ? (seen.get(name)?.metadata.resourceVersion ?? '1') : undefined
        const fits = resourceVersion === undefined || resourceVersion === String(twin?.revision)
        await attempt(
          client.delete(target, resourceVersion ? { preconditions: { resourceVersion } } : {}),
          twin === undefined ? missing : fits ? undefined : conflict,
        )
        if (twin && fits) change(name, { deleting: true })
      }
      const list = await client.list(cm)
      assert.equal(Number(list.metadata.resourceVersion), revision, `step ${step}: ${action}`)
      const state = list.items.map(({ metadata, ...rest }) => ({
        name: metadata.name,
        data: rest['data'],
        labels: metadata.labels ?? {},
        finalizers: metadata.finalizers ?? [],
        revision: Number(metadata.resourceVersion),
        deleting: metadata.deletionTimestamp !== undefined,
      }))
      const expected = [...twins].sort(([a], [b]) => (a < b ? -1 : 1)).map(([of, value]) => ({ name: of, ...value }))
      assert.deepEqual(state, expected, `step ${step}: ${action} of ${name}`)
      const now = cluster.peek('configmaps', `default/${name}`)
      if (now !== undefined && random.number() < 0.3) seen.set(name, now)
    }
  })
}
