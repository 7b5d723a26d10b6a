// A control plane that KubeFed has left behind on a real kube-apiserver, which is its own member as in KubeFed's tutorial: the hub takes it over.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startHub } from '../../src/app/hub/hub.js'
import { installDefinitions, installHub } from '../../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { sleep } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryRepositories } from '../../src/delivery/source/memory-repositories.js'
import { kubeFedCrds } from '../../src/dialects/kubefed/kinds/crds.js'
import { defaultTargets, typeConfigFor } from '../../src/dialects/kubefed/kinds/type-config.js'
import { defaultConfig } from '../../src/dialects/kubefed/settings.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const namespace = 'kube-federation-system'

/** As in upstream's chart, which has no messages. */
const withoutMessages = (crd: KubeObject): KubeObject => {
  const text = JSON.stringify(crd)
  if (!crd.metadata.name.endsWith('.types.kubefed.io')) return crd
  return JSON.parse(text.replaceAll('"message":{"type":"string"},', '')) as KubeObject
}

const started = await startRealApiServer()
if (typeof started === 'string') test("a control plane of KubeFed's on a real kube-apiserver", { skip: started }, () => {})
else {
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    await started.stop()
  })

  test('objects, clusters and copies of KubeFed are taken over as they stand, and the host keeps its namespaces', async () => {
    const ports = createSystemClientPorts({ KUBECONFIG: started.kubeconfig })
    const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
    const hub = createHttpClient({ name: 'hub', connection, ports })
    const make = async (object: KubeObject) => {
      const type = (await hub.resources()).forKind(object.apiVersion, object.kind)
      assert.ok(type, object.kind)
      return await hub.create(type, object)
    }
    const target = async (apiVersion: string, kind: string, name: string, place?: string) => {
      const type = (await hub.resources()).forKind(apiVersion, kind)
      assert.ok(type, kind)
      return { type, name, ...(place === undefined ? {} : { namespace: place }) }
    }

    // What KubeFed has left.
    await installDefinitions(hub, kubeFedCrds.map(withoutMessages))
    await hub.resources({ refresh: true })
    const plain = (kind: string, name: string, place: string | undefined, more: object = {}): KubeObject => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, ...(place === undefined ? {} : { namespace: place }) },
      ...more,
    })
    await make(plain('Namespace', namespace, undefined))
    await make({ ...defaultConfig, spec: { scope: 'Cluster', syncController: { adoptResources: 'Disabled' } } })
    for (const type of defaultTargets) if (type.kind !== 'Job') await make(typeConfigFor(type, { namespace }))
    await make(plain('ServiceAccount', 'one-host', namespace))
    await make({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'one-host' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'one-host', namespace }],
    })
    const request = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} })
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/one-host/token`
    const answer = JSON.parse(await hub.raw('POST', path, { body: request, contentType: 'application/json' })) as {
      status: { token: string }
    }
    await make(plain('Secret', 'one-x7', namespace, { stringData: { token: answer.status.token } }))
    await make({
      apiVersion: 'core.kubefed.io/v1beta1',
      kind: 'KubeFedCluster',
      metadata: { name: 'one', namespace, labels: { tier: 'prod' } },
      spec: {
        apiEndpoint: connection.server,
        secretRef: { name: 'one-x7' },
        ...(connection.tls.caPem === undefined
          ? { disabledTLSValidations: ['*'] }
          : { caBundle: Buffer.from(connection.tls.caPem).toString('base64') }),
      },
    })
    const federated = (kind: string, name: string, spec: object): KubeObject => ({
      apiVersion: 'types.kubefed.io/v1beta1',
      kind,
      metadata: { name, namespace: 'shop', finalizers: ['kubefed.io/sync-controller'] },
      spec: { placement: { clusterSelector: { matchLabels: { tier: 'prod' } } }, ...spec },
    })
    const managed = { labels: { 'kubefed.io/managed': 'true' } }
    await make({ ...plain('Namespace', 'shop', undefined), metadata: { name: 'shop', ...managed } })
    await make({
      ...plain('ConfigMap', 'web', 'shop', { data: { a: 'old' } }),
      metadata: { name: 'web', namespace: 'shop', ...managed },
    })
    await make(plain('ConfigMap', 'foreign', 'shop', { data: { a: 'mine' } }))
    await make(federated('FederatedNamespace', 'shop', {}))
    const annotations = { note: 'dropped' }
    await make(federated('FederatedConfigMap', 'web', { template: { metadata: { annotations }, data: { a: 'new' } } }))
    await make(federated('FederatedConfigMap', 'foreign', { template: { data: { a: 'new' } } }))

    await installHub(hub, { namespace: 'argocd' })
    await startHub({
      hub,
      namespace: 'argocd',
      openRepositories: () => createMemoryRepositories({ clock: systemClock }),
      connect: (cluster, to) => createHttpClient({ name: cluster.name, connection: to, ports }),
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
      signal: stopping.signal,
    })
    const until = async (what: string, check: () => Promise<void>) => {
      const end = systemClock.now() + 30_000
      for (;;) {
        try {
          return await check()
        } catch (error) {
          if (systemClock.now() > end) throw new Error(`${what}: not within 30 s`, { cause: error })
          await sleep(systemClock, 100)
        }
      }
    }
    const types = 'types.kubefed.io/v1beta1'
    const clustersOf = async (kind: string, name: string) =>
      ((await hub.get(await target(types, kind, name, 'shop')))['status'] as { clusters?: object[] } | undefined)?.clusters
    const configMap = (name: string) => target('v1', 'ConfigMap', name, 'shop')

    await until('copies are taken over', async () => {
      assert.deepEqual(await clustersOf('FederatedNamespace', 'shop'), [{ name: 'one' }])
      assert.deepEqual(await clustersOf('FederatedConfigMap', 'web'), [{ name: 'one' }])
      assert.deepEqual((await hub.get(await configMap('web')))['data'], { a: 'new' })
      assert.deepEqual(await clustersOf('FederatedConfigMap', 'foreign'), [{ name: 'one', status: 'AlreadyExists' }])
    })
    assert.deepEqual((await hub.get(await configMap('foreign')))['data'], { a: 'mine' })
    await until('the cluster is well', async () => {
      const { status } = (await hub.get(
        await target('core.kubefed.io/v1beta1', 'KubeFedCluster', 'one', namespace),
      )) as unknown as {
        status: { conditions: { type: string; status: string }[] }
      }
      assert.deepEqual(
        status.conditions.map(({ type, status: value }) => `${type} ${value}`),
        ['Ready True'],
      )
    })
    // Kinds that were disabled stay so.
    await assert.rejects(
      hub.get(await target('core.kubefed.io/v1beta1', 'FederatedTypeConfig', 'jobs.batch', namespace)),
      isNotFound,
    )

    const versions = async () =>
      Promise.all(
        ['web', 'foreign'].map(
          async (name) => (await hub.get(await target(types, 'FederatedConfigMap', name, 'shop'))).metadata.resourceVersion,
        ),
      )
    let before: (string | undefined)[] = []
    await until('it has settled', async () => {
      before = await versions()
      await sleep(systemClock, 1000)
      assert.deepEqual(await versions(), before)
    })
    await sleep(systemClock, 3000)
    assert.deepEqual(await versions(), before, 'nothing is written while nothing happens')

    await hub.delete(await target(types, 'FederatedConfigMap', 'web', 'shop'))
    await hub.delete(await target(types, 'FederatedNamespace', 'shop', 'shop'))
    await until('the copy goes, the namespace of the host stays', async () => {
      await assert.rejects(hub.get(await configMap('web')), isNotFound)
      await assert.rejects(hub.get(await target(types, 'FederatedNamespace', 'shop', 'shop')), isNotFound)
      const left = await hub.get(await target('v1', 'Namespace', 'shop'))
      assert.equal(left.metadata.deletionTimestamp, undefined)
      assert.equal(left.metadata.labels?.['kubefed.io/managed'], undefined)
    })
  })
}
