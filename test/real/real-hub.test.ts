// A hub whose state lives in a real kube-apiserver, which is also its member: everything over HTTP, nothing embedded.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startHub } from '../../src/app/hub/hub.js'
import { installHub } from '../../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { sleep } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryRepositories } from '../../src/delivery/source/memory-repositories.js'
import { formatClusterSecret } from '../../src/dialects/argo-cd/cluster-secret/format-cluster-secret.js'
import type { Application } from '../../src/dialects/argo-cd/kinds/application.js'
import { applicationSetType, applicationType } from '../../src/dialects/argo-cd/kinds/resource-types.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const namespace = 'argocd'
const repo = 'https://git.test/fleet.git'

const started = await startRealApiServer()
if (typeof started === 'string') test('a hub on a real kube-apiserver', { skip: started }, () => {})
else {
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    await started.stop()
  })

  test('a hub on a real kube-apiserver delivers, follows a push and heals drift', async () => {
    const ports = createSystemClientPorts({ KUBECONFIG: started.kubeconfig })
    const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
    const hub = createHttpClient({ name: 'hub', connection, ports })
    await installHub(hub, { namespace })
    const repositories = createMemoryRepositories({ clock: systemClock })
    const file = (greeting: string) => ({
      'web/config.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  greeting: ${greeting}\n`,
    })
    repositories.commit({ url: repo, files: file('hello') })
    await hub.create(secrets, formatClusterSecret({ name: 'real', namespace, connection, labels: { env: 'test' } }))
    await hub.create(applicationSetType, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: 'web', namespace },
      spec: {
        goTemplate: true,
        generators: [{ clusters: { selector: { matchLabels: { env: 'test' } } } }],
        template: {
          metadata: { name: 'web-{{.name}}' },
          spec: {
            project: 'default',
            source: { repoURL: repo, path: 'web' },
            destination: { name: '{{.name}}', namespace: 'web' },
            syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
          },
        },
      },
    })
    await startHub({
      hub,
      namespace,
      openRepositories: () => repositories,
      connect: (cluster, to) => createHttpClient({ name: cluster.name, connection: to, ports }),
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
      signal: stopping.signal,
    })
    const until = async (what: string, holds: () => Promise<boolean>) => {
      const end = systemClock.now() + 30_000
      while (!(await holds().catch(() => false))) {
        assert.ok(systemClock.now() < end, `${what}: not within 30 s`)
        await sleep(systemClock, 50)
      }
    }
    const target = { type: configMaps, namespace: 'web', name: 'web' }
    const greeting = async () => ((await hub.get(target))['data'] as { greeting: string }).greeting
    await until('delivered', async () => (await greeting()) === 'hello')
    await until('told', async () => {
      const { status } = await hub.get<Application>({ type: applicationType, namespace, name: 'web-real' })
      return status?.sync?.status === 'Synced' && status.health?.status === 'Healthy'
    })
    repositories.commit({ url: repo, files: file('bonjour') })
    await until('push followed', async () => (await greeting()) === 'bonjour')
    await hub.patch(target, { kind: 'merge', body: { data: { greeting: 'tampered' } } })
    await until('drift healed', async () => (await greeting()) === 'bonjour')
    const set = await hub.get({ type: applicationSetType, namespace, name: 'web' })
    const conditions = (set['status'] as { conditions: { type: string; status: string }[] }).conditions
    assert.equal(conditions.find(({ type }) => type === 'ResourcesUpToDate')?.status, 'True')
  })
}
