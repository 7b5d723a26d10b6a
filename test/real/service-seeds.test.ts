import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { eventually, explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

// The seeds of services across clusters are people's own documents: nothing in them is changed.

const east = 'production-us-east'
const west = 'production-eu-west'
const backends = (app: string, namespace: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${app}, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${app}}}
  template:
    metadata: {labels: {app: ${app}}}
    spec: {containers: [{name: ${app}, image: 'nginx:1'}]}
`

describe('the seeds of services across clusters, as they are written', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: `${east},${west},us-west` })
    for (const context of ['hub', east, west, 'us-west']) await fleet.kubectl(`--context ${context} create namespace production`)
  })
  after(() => fleet?.stop())

  const seed = (name: string) => readFileSync(join(process.env.FLOTILLA_INPUTS!, 'seeds', name), 'utf8')
  const apply = (context: string, input: string, fails = false) =>
    fleet.kubectl(`--context ${context} apply -f -`, { input, fails })
  const read = async (context: string, what: string) =>
    JSON.parse((await fleet.kubectl(`--context ${context} get ${what} -o json`)).stdout) as KubeObject
  const explain = async (name: string, from: string) => (await fleet.flotilla(`service explain ${name} --from ${from}`)).stdout

  test('000-03: what Istio refuses is refused with the fix, the rest is stored', async () => {
    const { stdout, stderr, failed } = await apply(east, seed('000-03-cross-cluster-service-discovery.yaml'), true)
    assert.ok(failed)
    assert.match(stdout, /^serviceentry.networking.istio.io\/payment-service-us-west created$/m)
    assert.match(
      stderr,
      /admission webhook "validation.istio.io" denied the request: configuration is invalid: can not simultaneously specify 'distribute' and 'failover'/,
    )
    assert.match(stderr, /Remove spec.trafficPolicy.loadBalancer.localityLbSetting.failover to share traffic by weight/)
    assert.match(stderr, /services.flotilla.dev\/accept: unambiguous/)
    await eventually(async () => {
      const { stdout: shown } = await fleet.flotilla('service get production/payment-service')
      assert.match(shown, /error: .*ServiceEntry production\/payment-service-us-west.*the host of the entry itself/)
    })
  })

  test('000-03: asked for on the namespace, it is stored with a warning and applied as far as no error touches it', async () => {
    await fleet.kubectl(`--context ${east} annotate namespace production services.flotilla.dev/accept=unambiguous`)
    const { stdout, stderr } = await apply(east, seed('000-03-cross-cluster-service-discovery.yaml'))
    assert.match(stdout, /^destinationrule.networking.istio.io\/payment-service created$/m)
    assert.match(stderr, /^Warning: .*can not simultaneously specify 'distribute' and 'failover'; it is stored all the same/m)
    await eventually(async () => assert.match(await explain('production/payment-service', east), /Rule: +istio distribute/))
  })

  test('the rule of 000-03 without what is refused: 80 to the own region, 20 to the other, and what is lost goes there', async () => {
    const entry = (hosts: string) => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: more, namespace: production}
spec:
  hosts: [${hosts}]
  ports: [{number: 8080, name: http, protocol: HTTP}]
  resolution: STATIC
  endpoints:
  - {address: 10.9.0.1, locality: us-east-1/us-east-1a}
  - {address: 10.9.0.2, locality: us-west-2/us-west-2a}
  - {address: 10.9.0.3, locality: eu-west-1/eu-west-1a}
`
    await apply(east, entry('payment-service.production.svc.cluster.local'))
    await eventually(async () => {
      const shown = await explain('production/payment-service', east)
      assert.match(shown, /^0 +80% .* us-east-1\/us-east-1a +10.9.0.1:8080 +distribute from us-east-1\/\*: 80 to us-east-1\/\*/m)
      assert.match(shown, /^0 +20% .* us-west-2\/us-west-2a +10.9.0.2:8080 /m)
      assert.match(shown, /10.9.0.3: distribute from us-east-1\/\* sends nothing to eu-west-1\/eu-west-1a/)
    })
  })

  test('000-05: global services by annotation, one preferring its own cluster', async () => {
    for (const context of [east, west]) {
      await apply(context, seed('000-05-global-services-with-cilium.yaml'))
      await apply(context, backends('redis-cache', 'production') + '---\n' + backends('api-service', 'production'))
    }
    await eventually(async () => {
      const cache = await explain('production/shared-cache', east)
      assert.match(cache, /Rule: +cilium affinity none/)
      assert.deepEqual(places(cache), [`0 ${west}`, `0 ${west}`, `0 ${east}`, `0 ${east}`].sort())
      const api = await explain('production/api-service', east)
      assert.match(api, /Rule: +cilium affinity local/)
      const [, sameName = ''] = api.split(/^(?=Rule: +cilium)/m)
      assert.deepEqual(places(sameName), [`0 ${east}`, `0 ${east}`, `1 ${west}`, `1 ${west}`])
    })
    await fleet.kubectl(`--context ${east} scale deployment api-service -n production --replicas=0`)
    await eventually(async () => {
      const [, sameName = ''] = (await explain('production/api-service', east)).split(/^(?=Rule: +cilium)/m)
      assert.deepEqual(places(sameName), [`0 ${west}`, `0 ${west}`])
    })
    await fleet.kubectl(`--context ${east} scale deployment api-service -n production --replicas=2`)
  })

  test('002-05: a part of a Service is refused as by a real API server; as annotations of one it makes it global', async () => {
    const text = seed('002-05-cilium-global-service.yaml')
    const { stderr, failed } = await apply(east, text, true)
    assert.ok(failed)
    assert.match(stderr, /The Service "my-service" is invalid: spec.ports: Required value/)
    const patch = join(fleet.folder, 'patch.yaml')
    writeFileSync(patch, text)
    for (const context of [east, west]) {
      await fleet.kubectl(`--context ${context} create service clusterip my-service --tcp=80:80`)
      await fleet.kubectl(`--context ${context} patch service my-service --patch-file=${patch}`)
    }
    await eventually(async () => assert.match(await explain('default/my-service', east), /Rule: +cilium affinity none/))
  })

  test('000-06: the broker gives each cluster a block, exports get global addresses, the export and the import are as written', async () => {
    await fleet.kubectl('--context hub create namespace submariner-k8s-broker')
    // The document holds what is for the management cluster, for the exporting and for the importing cluster.
    const [broker = '', serviceExport = '', serviceImport = ''] = seed('000-06-submariner-cross-cluster-networking.yaml').split(
      /^---$/m,
    )
    assert.match((await apply('hub', broker)).stdout, /broker.submariner.io\/submariner-broker created/)
    await fleet.kubectl(`--context ${east} create service clusterip database-primary -n production --tcp=5432:5432`)
    assert.match((await apply(east, serviceExport)).stdout, /serviceexport.multicluster.x-k8s.io\/database-primary created/)
    assert.match(
      (await apply('us-west', serviceImport)).stdout,
      /serviceimport.multicluster.x-k8s.io\/database-primary (created|configured)/,
    )
    await eventually(async () => {
      const record = (await read('hub', 'configmap submariner-globalnet-info -n submariner-k8s-broker')) as KubeObject & {
        data: { clusterinfo: string }
      }
      assert.deepEqual(JSON.parse(record.data.clusterinfo), [
        { cluster_id: west, global_cidr: ['242.0.0.0/16'] },
        { cluster_id: east, global_cidr: ['242.1.0.0/16'] },
        { cluster_id: 'us-west', global_cidr: ['242.2.0.0/16'] },
      ])
      const egress = await read(east, 'clusterglobalegressip cluster-egress.submariner.io')
      assert.deepEqual(
        (egress['status'] as { allocatedIPs: string[] }).allocatedIPs,
        [1, 2, 3, 4, 5, 6, 7, 8].map((last) => `242.1.0.${last}`),
      )
      const ingress = await read(east, 'globalingressip database-primary -n production')
      assert.equal((ingress['status'] as { allocatedIP: string }).allocatedIP, '242.1.255.254')
    })
    await fleet.kubectl(`--context ${east} delete serviceexport database-primary -n production`)
    await eventually(async () => {
      const { failed } = await fleet.kubectl(`--context ${east} get globalingressip database-primary -n production`, {
        fails: true,
      })
      assert.ok(failed)
    })
  })

  test('000-09: a MultiClusterService has the backends of the linked clusters; the ingress is stored', async () => {
    const { stdout } = await apply('hub', seed('000-09-active-active-with-global-load-balancing.yaml'))
    assert.match(stdout, /multiclusteringress.networking.gke.io\/api-global created/)
    assert.match(stdout, /multiclusterservice.networking.gke.io\/api-service created/)
    await eventually(async () => {
      const object = await read('hub', 'multiclusterservice api-service -n production')
      const status = object['status'] as { clusters: { cluster: string }[]; conditions: { status: string; message: string }[] }
      assert.deepEqual(
        status.clusters.map(({ cluster }) => cluster),
        [west, east],
      )
      assert.equal(status.conditions[0]?.status, 'True')
      const [clusterSet = ''] = (await explain('production/api-service', west)).split(/^(?=Rule: +cilium)/m)
      // Which zones the pods are in is the scheduler's.
      assert.deepEqual(
        places(clusterSet).map((each) => each.replace(/^\d+ /, '')),
        [west, west, east, east],
      )
    })
    await fleet.kubectl('--context hub delete multiclusterservice api-service -n production')
    await eventually(async () => {
      const { stdout: services } = await fleet.kubectl(`--context ${west} get services -n production -o name`)
      assert.doesNotMatch(services, /mci-/)
    })
  })

  test('003-01c: an export and an import in one document: the import that is written by hand is filled in by the export', async () => {
    // The kinds of the federation stand in the same text.
    const documents = seed('003-01c-multi-cluster-app.yaml').split(/^---$/m)
    const both = documents.filter((each) => each.includes('multicluster.x-k8s.io/')).join('---')
    for (const context of [east, 'us-west']) await fleet.kubectl(`--context ${context} create namespace multi-cluster-app`)
    const { stdout } = await apply(east, both)
    assert.match(stdout, /^serviceexport.multicluster.x-k8s.io\/sample-app created$/m)
    assert.match(stdout, /^serviceimport.multicluster.x-k8s.io\/sample-app created$/m)
    const condition = async (what: string, type: string) => {
      const { status } = (await read(east, `${what} sample-app -n multi-cluster-app`)) as KubeObject & {
        status?: { conditions?: { type: string; status: string; reason: string; message: string }[] }
      }
      const found = status?.conditions?.find((each) => each.type === type)
      return `${found?.status} ${found?.reason} ${found?.message}`
    }
    await eventually(async () => {
      assert.equal(
        await condition('serviceexport', 'Valid'),
        `False NoService there is no Service multi-cluster-app/sample-app in ${east}`,
      )
      assert.equal(
        await condition('serviceimport', 'Ready'),
        'False Pending no cluster exports multi-cluster-app/sample-app to this one',
      )
    })
    await apply(
      east,
      `${backends('sample-app', 'multi-cluster-app')}---
apiVersion: v1
kind: Service
metadata: {name: sample-app, namespace: multi-cluster-app}
spec: {selector: {app: sample-app}, ports: [{port: 80, targetPort: 80}]}
`,
    )
    await eventually(async () => {
      assert.match(await condition('serviceexport', 'Valid'), /^True Valid/)
      assert.match(await condition('serviceimport', 'Ready'), /^True Ready/)
      assert.deepEqual(places(await explain('multi-cluster-app/sample-app', 'us-west')), [`0 ${east}`, `0 ${east}`])
    })
    const { spec } = (await read(
      'us-west',
      'serviceimports.v1alpha1.multicluster.x-k8s.io sample-app -n multi-cluster-app',
    )) as KubeObject & {
      spec: { type: string; ips: string[] }
    }
    assert.equal(spec.type, 'ClusterSetIP')
    assert.equal(spec.ips.length, 1)
    await fleet.kubectl(`--context ${east} delete serviceexport sample-app -n multi-cluster-app`)
    await eventually(async () => {
      const gone = await fleet.kubectl('--context us-west get serviceimport sample-app -n multi-cluster-app', { fails: true })
      assert.ok(gone.failed)
      assert.match(await condition('serviceimport', 'Ready'), /^False Pending/, 'what somebody wrote stays')
    })
  })

  test('a link to no cluster is told with what was probably meant', async () => {
    await apply(
      'hub',
      `apiVersion: networking.gke.io/v1
kind: MultiClusterService
metadata: {name: typo, namespace: production}
spec:
  template: {spec: {selector: {app: x}, ports: [{port: 80}]}}
  clusters: [{link: us-east1/production-us-eats}]
`,
    )
    await eventually(async () => {
      const { status } = (await read('hub', 'multiclusterservice typo -n production')) as KubeObject & {
        status: { conditions: { message: string }[] }
      }
      assert.match(status.conditions[0]!.message, /means no cluster of the fleet; did you mean production-us-east\?/)
    })
  })
})

/** `ORDER CLUSTER` of the table's rows. */
function places(text: string): string[] {
  return [...text.matchAll(/^(\d+) +\S+ +(production-\S+) /gm)].map(([, order, cluster]) => `${order} ${cluster}`).sort()
}
