// A hub on a real kube-apiserver with another one as its member, joined by a Cluster: no admission of ours anywhere.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startHub } from '../../src/app/hub/hub.js'
import { installHub } from '../../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { sleep } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryRepositories } from '../../src/delivery/source/memory-repositories.js'
import { fieldAt, objectsAt } from '../../src/dialects/karmada/fields.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const [first, second] = await Promise.all([startRealApiServer(), startRealApiServer()])
if (typeof first === 'string' || typeof second === 'string')
  test("Karmada's kinds on a real kube-apiserver", { skip: typeof first === 'string' ? first : String(second) }, () => {})
else {
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    await Promise.all([first.stop(), second.stop()])
  })

  const open = async (name: string, kubeconfig: string) => {
    const ports = createSystemClientPorts({ KUBECONFIG: kubeconfig })
    const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
    const client = createHttpClient({ name, connection, ports })
    const typeOf = async (apiVersion: string, kind: string) => {
      const type = (await client.resources()).forKind(apiVersion, kind)
      assert.ok(type, `${name} does not serve ${kind}`)
      return type
    }
    return {
      client,
      connection,
      ports,
      make: async (object: KubeObject) => client.create(await typeOf(object.apiVersion, object.kind), object),
      find: async (apiVersion: string, kind: string, key: string) => {
        const [namespace, object] = key.includes('/') ? key.split('/') : [undefined, key]
        const target = {
          type: await typeOf(apiVersion, kind),
          name: object ?? '',
          ...(namespace === undefined ? {} : { namespace }),
        }
        return client.get(target).catch(() => undefined)
      },
      remove: async (apiVersion: string, kind: string, namespace: string, name: string) =>
        client.delete({ type: await typeOf(apiVersion, kind), namespace, name }),
    }
  }
  const until = async (what: string, holds: () => Promise<boolean>) => {
    const end = systemClock.now() + 30_000
    while (!(await holds())) {
      assert.ok(systemClock.now() < end, `in 30 s: ${what}`)
      await sleep(systemClock, 200)
    }
  }

  test('a Cluster joins, templates go there, and what is deleted goes', async () => {
    const hub = await open('hub', first.kubeconfig)
    const member = await open('member', second.kubeconfig)
    await installHub(hub.client, { namespace: 'argocd' })
    const named = (
      apiVersion: string,
      kind: string,
      name: string,
      namespace: string | undefined,
      more: object = {},
    ): KubeObject => ({
      apiVersion,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      ...more,
    })
    await member.make(named('v1', 'ServiceAccount', 'hub', 'default'))
    await member.make(
      named('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'hub', undefined, {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'hub', namespace: 'default' }],
      }),
    )
    const request = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })
    const path = '/api/v1/namespaces/default/serviceaccounts/hub/token'
    const answer: unknown = JSON.parse(await member.client.raw('POST', path, { body: request, contentType: 'application/json' }))
    const { caPem } = member.connection.tls
    await hub.make(named('v1', 'Namespace', 'karmada-cluster', undefined))
    await hub.make(
      named('v1', 'Secret', 'm1', 'karmada-cluster', {
        stringData: { token: fieldAt(answer, 'status', 'token'), ...(caPem === undefined ? {} : { caBundle: caPem }) },
      }),
    )
    await hub.make(
      named('cluster.karmada.io/v1alpha1', 'Cluster', 'm1', undefined, {
        spec: {
          syncMode: 'Push',
          apiEndpoint: member.connection.server,
          secretRef: { namespace: 'karmada-cluster', name: 'm1' },
          ...(caPem === undefined ? { insecureSkipTLSVerification: true } : {}),
          region: 'north',
        },
      }),
    )
    await startHub({
      hub: hub.client,
      namespace: 'argocd',
      openRepositories: () => createMemoryRepositories({ clock: systemClock }),
      connect: (cluster, to) => createHttpClient({ name: cluster.name, connection: to, ports: hub.ports }),
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
      signal: stopping.signal,
    })
    await until('the Cluster is ready', async () => {
      const cluster = await hub.find('cluster.karmada.io/v1alpha1', 'Cluster', 'm1')
      return objectsAt(cluster, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True')
    })
    await hub.make(named('v1', 'Namespace', 'shop', undefined))
    await hub.make(named('v1', 'ConfigMap', 'settings', 'shop', { data: { colour: 'blue' } }))
    await hub.make(
      named('policy.karmada.io/v1alpha1', 'PropagationPolicy', 'web', 'shop', {
        spec: {
          resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
          propagateDeps: true,
          placement: {
            clusterAffinity: { fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['north'] }] } },
          },
        },
      }),
    )
    await hub.make(
      named('apps/v1', 'Deployment', 'web', 'shop', {
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'web', image: 'nginx', envFrom: [{ configMapRef: { name: 'settings' } }] }] },
          },
        },
      }),
    )
    await until('the copy is there', async () => (await member.find('apps/v1', 'Deployment', 'shop/web')) !== undefined)
    await until('what it needs is there', async () => (await member.find('v1', 'ConfigMap', 'shop/settings')) !== undefined)
    await until('the binding is fully applied', async () => {
      const binding = await hub.find('work.karmada.io/v1alpha2', 'ResourceBinding', 'shop/web-deployment')
      return objectsAt(binding, 'status', 'conditions').filter(({ status }) => status === 'True').length === 2
    })
    const template = await hub.find('apps/v1', 'Deployment', 'shop/web')
    assert.equal(template?.metadata.annotations?.['propagationpolicy.karmada.io/name'], 'web')
    await hub.remove('apps/v1', 'Deployment', 'shop', 'web')
    await until('the copy is gone', async () => (await member.find('apps/v1', 'Deployment', 'shop/web')) === undefined)
  })
}
