// A hub on a real kube-apiserver; another one is its member, known by the ClusterProfile of another manager alone and reached by a
// credential plugin (KEP-5339). No admission of ours anywhere.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startHub } from '../../src/app/hub/hub.js'
import { installHub } from '../../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { sleep } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryRepositories } from '../../src/delivery/source/memory-repositories.js'
import { readProviderFile } from '../../src/dialects/cluster-profile/access-providers.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'

const [first, second] = await Promise.all([startRealApiServer(), startRealApiServer()])
if (typeof first === 'string' || typeof second === 'string')
  test('a Placement on a real kube-apiserver', { skip: typeof first === 'string' ? first : String(second) }, () => {})
else {
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    await Promise.all([first.stop(), second.stop()])
  })

  const open = async (name: string, kubeconfig: string) => {
    const ports = createSystemClientPorts({ ...process.env, KUBECONFIG: kubeconfig })
    const { connection } = await resolveContext(await loadKubeconfig(ports), ports)
    const client = createHttpClient({ name, connection, ports })
    const targetOf = async (apiVersion: string, kind: string, key: string) => {
      const type = (await client.resources()).forKind(apiVersion, kind)
      assert.ok(type, `${name} does not serve ${kind}`)
      return { type, name: key, ...(type.namespaced ? { namespace: 'shop' } : {}) }
    }
    return {
      client,
      connection,
      ports,
      targetOf,
      make: async (object: KubeObject) => {
        const { type } = await targetOf(object.apiVersion, object.kind, object.metadata.name)
        return client.create(type, object)
      },
      find: async (apiVersion: string, kind: string, key: string) =>
        client.get(await targetOf(apiVersion, kind, key)).catch(() => undefined),
    }
  }
  const until = async (what: string, holds: () => Promise<boolean>) => {
    const end = systemClock.now() + 30_000
    while (!(await holds())) {
      assert.ok(systemClock.now() < end, `in 30 s: ${what}`)
      await sleep(systemClock, 200)
    }
  }

  test('a Placement on a real kube-apiserver', async () => {
    const hub = await open('hub', first.kubeconfig)
    const member = await open('member', second.kubeconfig)
    await installHub(hub.client, { namespace: 'argocd' })
    await hub.make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await hub.client.resources({ refresh: true })

    const answer = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${second.token}"}}`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'printf', args: ['%s', answer] }
    const { tls, server } = member.connection
    const profile = {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ClusterProfile',
      metadata: { name: 'm1', namespace: 'shop', labels: { 'x-k8s.io/cluster-manager': 'somebody', env: 'production' } },
      spec: { displayName: 'm1', clusterManager: { name: 'somebody' } },
    }
    await hub.make(profile)
    const cluster = {
      server,
      ...(tls.caPem === undefined
        ? { 'insecure-skip-tls-verify': true }
        : { 'certificate-authority-data': Buffer.from(tls.caPem).toString('base64') }),
    }
    const target = await hub.targetOf(profile.apiVersion, 'ClusterProfile', 'm1')
    await hub.client.patch(
      { ...target, subresource: 'status' },
      { kind: 'merge', body: { status: { accessProviders: [{ name: 'ours', cluster }] } } },
    )

    await startHub({
      hub: hub.client,
      namespace: 'argocd',
      openRepositories: () => createMemoryRepositories({ clock: systemClock }),
      connect: (to, connection) => createHttpClient({ name: to.name, connection, ports: hub.ports }),
      profileProviders: readProviderFile(JSON.stringify({ providers: [{ name: 'ours', execConfig: exec }] }), 'providers'),
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
      signal: stopping.signal,
    })

    const labels = { 'flotilla.dev/placement': 'web' }
    await hub.make({
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Placement',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { clusters: { labels: { env: 'production' } }, replicas: { strategy: 'Even' } },
    })
    await hub.make({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop', labels },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
      },
    })
    await hub.make({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop', labels },
      spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    await until('the Deployment and the Service are in the member', async () => {
      const both = [await member.find('apps/v1', 'Deployment', 'web'), await member.find('v1', 'Service', 'web')]
      return both.every((object) => object !== undefined)
    })
    // A kube-apiserver alone has no controllers: the member's part is played here.
    const copy = await member.targetOf('apps/v1', 'Deployment', 'web')
    const status = { observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 2, availableReplicas: 2 }
    await member.client.patch({ ...copy, subresource: 'status' }, { kind: 'merge', body: { status } })
    const ofHub = async () => (await hub.find('apps/v1', 'Deployment', 'web'))?.['status'] as Record<string, unknown> | undefined
    await until('the hub shows how it stands', async () => (await ofHub())?.['readyReplicas'] === 2)
    const shown = await ofHub()
    assert.equal(shown?.['observedGeneration'], (await hub.find('apps/v1', 'Deployment', 'web'))?.metadata.generation)

    await until('the Placement is in place', async () => {
      const placement = await hub.find('flotilla.dev/v1alpha1', 'Placement', 'web')
      const { objects, applied } = (placement?.['status'] ?? {}) as { objects?: number; applied?: number }
      return objects === 2 && applied === 2
    })
    await until('the decision is published', async () => {
      const decision = await hub.find('multicluster.x-k8s.io/v1alpha1', 'PlacementDecision', 'web-0')
      return decision?.metadata.labels?.['multicluster.x-k8s.io/placement-key'] === 'web'
    })

    await hub.client.delete(await hub.targetOf('apps/v1', 'Deployment', 'web'))
    await until('the copy is gone', async () => (await member.find('apps/v1', 'Deployment', 'web')) === undefined)
    assert.ok(await member.find('v1', 'Service', 'web'))
  })
}
