import assert from 'node:assert/strict'
import { test } from 'node:test'
import { propagationPolicyType } from '../../src/dialects/karmada/resource-types.js'
import { namespaceType, serviceType } from '../../src/services/model/kube-kinds.js'
import { serviceExportType } from '../../src/services/model/multi-cluster-kinds.js'
import { conditionTexts, createServiceWorld, shop } from '../support/worlds/service-world.js'

test('a ServiceExport that a policy sends to a cluster offers the service of that cluster, and none of the hub', async () => {
  const world = await createServiceWorld({ east: {}, west: {} })
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  const hub = world.client('hub')
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } }
  await world.client('west').create(namespaceType, namespace)
  await hub.create(namespaceType, namespace)
  await hub.create(serviceType, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'api', namespace: shop },
    spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }] },
  })
  await world.exportService('hub')
  await world.settle({ quietSeconds: 2 })
  // As Karmada's documents have it; the kind is served in another version, too.
  const version = 'multicluster.x-k8s.io/v1alpha1'
  await hub.create(propagationPolicyType, {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'api', namespace: shop },
    spec: {
      resourceSelectors: [{ apiVersion: version, kind: 'ServiceExport', name: 'api' }],
      placement: { clusterAffinity: { clusterNames: ['east'] } },
    },
  })
  await world.settle({ quietSeconds: 5 })
  assert.ok(conditionTexts(await world.exported('east')).includes('Valid=True/Valid'))
  assert.equal(await world.find('west', serviceExportType, shop, 'api'), undefined)
  assert.deepEqual((await world.imported('west'))?.status?.clusters, [{ cluster: 'east' }])
  assert.deepEqual(await world.traffic('west'), ['east active: 10.1.0.1'])
  await world.stop()
})
