// What the federation writes into a cluster, against a real kube-apiserver: ownership of fields, retention, removal.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import type { DeliveryRules } from '../../src/delivery/federation/contract.js'
import { createMember } from '../../src/delivery/federation/member/create-member.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'
import { desiredOf, hubUid, typeNamed } from '../support/worlds/member-world.js'

const workload = (replicas: number, image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' }, creationTimestamp: null },
      spec: {
        volumes: [{ name: 'tmp', emptyDir: {} }],
        containers: [
          {
            name: 'main',
            image,
            env: [{ name: 'A', value: '1' }],
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '1000m', memory: '1024Mi' } },
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
      },
    },
  },
})

const service = (ports: readonly object[], more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports, ...more },
})

const started = await startRealApiServer()
if (typeof started === 'string') test('copies in a real kube-apiserver', { skip: started }, () => {})
else {
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    await started.stop()
  })

  test('copies in a real kube-apiserver', async (t) => {
    const ports = createSystemClientPorts({ KUBECONFIG: started.kubeconfig })
    const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
    const client = createHttpClient({ name: 'real', connection, ports })
    const open = () =>
      createMember({
        cluster: 'real',
        client,
        hub: hubUid,
        kinds: [
          { group: 'apps', kind: 'Deployment' },
          { group: '', kind: 'Service' },
        ],
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        signal: stopping.signal,
      })
    let member = open()
    const get = (kind: string, name: string) =>
      client.get({ type: typeNamed(kind), namespace: 'default', name }).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
    const patch = (kind: string, name: string, body: unknown) =>
      client.patch({ type: typeNamed(kind), namespace: 'default', name }, { kind: 'merge', body }, { fieldManager: 'somebody' })
    const until = async (what: string, holds: () => Promise<boolean> | boolean) => {
      const end = Date.now() + 10_000
      while (!(await holds())) {
        assert.ok(Date.now() < end, what)
        await new Promise((done) => setTimeout(done, 50))
      }
    }
    const quiet = () => new Promise((done) => setTimeout(done, 700))
    const want = async (object: KubeObject, rules: Partial<DeliveryRules> = {}) => {
      const desired = desiredOf(object, rules)
      const before = member.result(desired.id)
      member.want(desired)
      await until(`${desired.id} is brought: ${member.result(desired.id)?.message}`, () => {
        const result = member.result(desired.id)
        return (
          result !== undefined &&
          result.state !== 'Waiting' &&
          (before === undefined || result.live !== before.live || result !== before)
        )
      })
      return desired.id
    }
    const keep = { retain: ['replicas'] as const }

    await t.test('defaults and other spellings are no drift; a restart writes nothing', async () => {
      const id = await want(workload(2, 'web:1'), keep)
      assert.equal(member.result(id)?.state, 'Applied', member.result(id)?.message)
      await quiet()
      assert.equal(member.writes, 1)
      member.close()
      member = open()
      member.want(desiredOf(workload(2, 'web:1'), keep))
      await until('it is known again', () => member.result(id)?.state === 'Applied')
      await quiet()
      assert.equal(member.writes, 0)
    })

    await t.test('replicas that somebody scales stay, through updates; what the template loses goes', async () => {
      await patch('Deployment', 'web', { spec: { replicas: 5 } })
      await quiet()
      assert.equal(member.writes, 0)
      const { env: _, ...container } = (
        workload(2, 'web:2')['spec'] as { template: { spec: { containers: { env?: unknown }[] } } }
      ).template.spec.containers[0]!
      const next = workload(9, 'web:2') as KubeObject & { spec: { template: { spec: { containers: unknown[] } } } }
      next.spec.template.spec.containers = [container]
      member.want(desiredOf(next, keep))
      type Spec = { replicas: number; template: { spec: { containers: { image: string; env?: unknown }[] } } }
      await until('the image changes', async () => JSON.stringify(await get('Deployment', 'web')).includes('web:2'))
      const spec = (await get('Deployment', 'web'))?.['spec'] as Spec
      assert.equal(spec.replicas, 5)
      assert.equal(spec.template.spec.containers[0]?.env, undefined)
      await quiet()
      assert.equal(member.writes, 1)
    })

    await t.test('drift is put right', async () => {
      await patch('Deployment', 'web', { metadata: { labels: { app: 'other' } } })
      await until('the label is back', async () => (await get('Deployment', 'web'))?.metadata.labels?.['app'] === 'web')
    })

    await t.test('allotted addresses and ports stay', async () => {
      const id = await want(service([{ name: 'http', port: 80 }]))
      type Spec = { clusterIP: string; ports: { nodePort: number; targetPort: unknown }[] }
      const before = (await get('Service', 'web'))?.['spec'] as Spec
      member.want(
        desiredOf(service([{ name: 'http', port: 80, targetPort: 8080, nodePort: 32123 }], { clusterIP: '10.250.9.9' })),
      )
      await until('the port changes', async () => JSON.stringify(await get('Service', 'web')).includes('"targetPort":8080'))
      const now = (await get('Service', 'web'))?.['spec'] as Spec
      assert.equal(member.result(id)?.state, 'Applied', member.result(id)?.message)
      assert.deepEqual([now.clusterIP, now.ports[0]?.nodePort], [before.clusterIP, before.ports[0]?.nodePort])
    })

    await t.test('a refusal is told in the words of the API', async () => {
      const changed = workload(2, 'web:2')
      ;(changed['spec'] as { selector: unknown }).selector = { matchLabels: { app: 'web', tier: 'x' } }
      const { template } = changed['spec'] as { template: { metadata: { labels: object } } }
      template.metadata.labels = { app: 'web', tier: 'x' }
      const id = 'test/Deployment/default/web'
      member.want(desiredOf(changed, keep))
      await until('it is refused', () => member.result(id)?.state === 'Refused')
      assert.match(member.result(id)?.message ?? '', /spec\.selector: Invalid value: .*field is immutable/)
    })

    await t.test('what goes is deleted, or left without marks', async () => {
      member.drop('test/Deployment/default/web', { onRemoval: 'orphan' })
      member.drop('test/Service/default/web', { onRemoval: 'delete' })
      await until('the service goes', async () => (await get('Service', 'web')) === undefined)
      await until(
        'the marks go',
        async () => (await get('Deployment', 'web'))?.metadata.annotations?.['flotilla.dev/federated-by'] === undefined,
      )
      const left = await get('Deployment', 'web')
      assert.deepEqual(left?.metadata.labels, { app: 'web' })
      assert.match(JSON.stringify(left?.['spec']), /"replicas":5/)
      await until('nothing is left', () => member.copies()?.size === 0)
    })
  })
}
