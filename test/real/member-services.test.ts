import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createBootstrapLayer } from '../../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../src/apiserver/logical/logical-clusters.js'
import { withCustomResources } from '../../src/apiserver/logical/with-custom-resources.js'
import { createMemoryStorage } from '../../src/apiserver/storage/memory-storage.js'
import { installDefinitions } from '../../src/app/hub/install-hub.js'
import { exportProblems, memberCrds, serviceDialects } from '../../src/app/services/service-dialects.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { mcsCrds } from '../../src/dialects/mcs/crds.js'
import type { Cluster, Inventory } from '../../src/inventory/cluster.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { loadKubeconfig, resolveContext } from '../../src/kube/client/kubeconfig.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { createCatalogue } from '../../src/services/catalogue/create-catalogue.js'
import { type Lease, leaseNamespace, leaseSelector, leaseType } from '../../src/services/leases/source-lease.js'
import { startMemberServices } from '../../src/services/members/start-member-services.js'
import { type EndpointSlice, endpointSliceType, namespaceType, serviceType } from '../../src/services/model/kube-kinds.js'
import {
  type ServiceExport,
  type ServiceImport,
  serviceExportType,
  serviceImportType,
} from '../../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../../src/services/model/multi-cluster-names.js'
import { startRealApiServer } from '../support/peers/real-apiserver.js'
import { eventually } from '../support/worlds/running-fleet.js'

// A member that is a real kube-apiserver gets the services of an embedded one, with definitions that it found only later,
// and nothing is written once it has them.

const started = await startRealApiServer()

test('a real cluster imports and exports services', { skip: typeof started === 'string' ? started : false }, async () => {
  if (typeof started === 'string') return
  const ending = new AbortController()
  const clientPorts = createSystemClientPorts({ KUBECONFIG: started.kubeconfig })
  const { connection } = await resolveContext(await loadKubeconfig(clientPorts), clientPorts)
  const real = createHttpClient({ name: 'real', connection, ports: clientPorts })
  after(async () => {
    ending.abort()
    real.close()
    await started.stop()
  })
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const base = withCustomResources(createBootstrapLayer(Date.now()), memberCrds, Date.now())
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base }), ports })
  const embedded = (await clusters.ensure('embedded')).client({ name: 'embedded' })
  const hub = (await clusters.ensure('hub')).client({ name: 'hub' })
  const clients = new Map([
    ['real', real],
    ['embedded', embedded],
  ])
  const list = [...clients.keys()].map(
    (name): Cluster => ({
      name,
      server: `https://${name}.example`,
      labels: { region: name },
      annotations: {},
      project: '',
      namespaces: [],
      clusterResources: true,
      source: 'test',
      connection: undefined,
    }),
  )
  const inventory: Inventory = {
    list: () => list,
    find: ({ name = '' }) => list.find((cluster) => cluster.name === name),
    state: () => ({ health: 'Healthy', reason: '', message: '', since: 0 }),
    client: (name) => clients.get(name)!,
    onChange: () => () => {},
    ready: true,
  }
  const catalogue = createCatalogue({ hub, inventory, dialects: serviceDialects, ...ports, signal: ending.signal })
  const { signal } = ending
  const output = startMemberServices({ catalogue, inventory, problemsOf: exportProblems, ...ports, signal, leases: true })

  const namespace = 'shop'
  const deploy = async (name: 'real' | 'embedded', address: string) => {
    const client = clients.get(name)!
    await client.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    await client.create(serviceType, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'api', namespace },
      spec: {
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
        sessionAffinity: 'ClientIP',
        trafficDistribution: 'PreferClose',
      },
    })
    await client.create(endpointSliceType, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'api-own', namespace, labels: { [multiClusterNames.kubeServiceLabel]: 'api' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    })
  }
  const offer = (name: string) =>
    clients.get(name)!.create(serviceExportType, {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { name: 'api', namespace },
    })
  const imported = () => real.get<ServiceImport>({ type: serviceImportType, namespace, name: 'api' })

  await deploy('embedded', '10.1.0.1')
  await deploy('real', '10.2.0.1')
  await offer('embedded')
  // The kinds come while the cluster is watched.
  await installDefinitions(real, mcsCrds)
  const first = await eventually(async () => {
    const found = await imported()
    assert.equal(found.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
    return found
  }, 30)
  assert.match(first.spec.ips?.[0] ?? '', /^10\./)
  assert.deepEqual(first.spec.ports, [{ name: 'http', port: 80, protocol: 'TCP' }])
  assert.equal(first.spec.trafficDistribution, 'PreferClose')
  await offer('real')
  await eventually(async () => {
    const found = await real.get<ServiceExport>({ type: serviceExportType, namespace, name: 'api' })
    assert.deepEqual(
      found.status?.conditions?.map(({ type, status }) => `${type}=${status}`),
      ['Valid=True', 'Ready=True', 'Conflict=False'],
    )
    const labelSelector = `${multiClusterNames.serviceNameLabel}=api`
    const { items } = await real.list<EndpointSlice>(endpointSliceType, { namespace, labelSelector })
    assert.deepEqual(
      items
        .flatMap(({ endpoints }) => endpoints ?? [])
        .map(({ addresses }) => addresses[0])
        .sort(),
      ['10.1.0.1', '10.2.0.1'],
    )
  }, 30)
  await eventually(async () => {
    const { items } = await real.list<Lease>(leaseType, { namespace: leaseNamespace, labelSelector: leaseSelector })
    assert.deepEqual(items.map(({ metadata, spec }) => `${metadata.name} ${spec?.leaseDurationSeconds}`).sort(), [
      'flotilla-source-embedded 60',
      'flotilla-source-real 60',
    ])
  }, 20)
  const writes = await eventually(async () => {
    const { writes: before } = output
    await new Promise((done) => setTimeout(done, 1000))
    assert.equal(output.writes, before)
    return before
  }, 30)
  await new Promise((done) => setTimeout(done, 3000))
  assert.equal(output.writes, writes, 'nothing is written while nothing changes')
  await embedded.delete({ type: serviceExportType, namespace, name: 'api' })
  await real.delete({ type: serviceExportType, namespace, name: 'api' })
  await eventually(async () => assert.ok(isNotFound(await imported().catch((error: unknown) => error))), 30)
})
