import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { eventually, explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

// The seed is somebody's own document for KubeFed, applied as it stands: all six objects of it, with what is wrong in it.

const clusters = ['workload-cluster-1', 'workload-cluster-2', 'workload-cluster-3']
const namespace = 'multi-cluster-app'

describe("KubeFed's seed, as it is written", { skip: explainMissingInputs() }, () => {
  const seed = join(process.env.FLOTILLA_INPUTS ?? '', 'seeds', '003-01c-multi-cluster-app.yaml')
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: clusters.join() })
  })
  after(() => fleet?.stop())

  const read = async (args: string) =>
    JSON.parse((await fleet.kubectl(`${args} -o json`)).stdout) as KubeObject & {
      spec: Record<string, unknown>
      status?: Record<string, unknown>
    }
  const warningsOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('Warning: '))
      .map((line) => line.slice('Warning: '.length).split(':')[0])

  test('one apply takes all six documents, with one warning for each defect', async () => {
    const { stdout, stderr } = await fleet.kubectl(`--context hub apply -f ${seed}`)
    assert.equal(stdout.trim().split('\n').length, 6, stdout)
    assert.deepEqual(warningsOf(stderr), [
      'InvalidName',
      'NamespaceCreated',
      'ExportedWithFederatedService',
      'ServiceImportIsDerived',
    ])
    const again = await fleet.kubectl(`--context hub apply -f ${seed}`)
    assert.deepEqual(warningsOf(again.stderr), [])
    assert.match(again.stdout, /unchanged/)
  })

  test('every cluster has namespace, Deployment with its overrides, Service and Ingress', async () => {
    for (const [index, cluster] of clusters.entries()) {
      await eventually(async () => {
        const of = `--context ${cluster} -n ${namespace} get`
        await fleet.kubectl(`--context ${cluster} get namespace ${namespace}`)
        const deployment = await read(`${of} deployment sample-app`)
        assert.equal(deployment.spec['replicas'], index === 0 ? 5 : 3)
        assert.match(
          JSON.stringify(deployment.spec['template']),
          index === 0 ? /"limits":\{"cpu":"300m"/ : /"limits":\{"cpu":"200m"/,
        )
        assert.equal(deployment.metadata.labels?.['kubefed.io/managed'], 'true')
        const service = await read(`${of} service sample-app`)
        assert.deepEqual(service.spec['selector'], { app: 'sample-app' })
        const ingress = await read(`${of} ingress sample-app`)
        assert.match(JSON.stringify(ingress.spec['rules']), /sample-app\.example\.com/)
      })
    }
  })

  test('the service is exported and imported in every cluster', async () => {
    for (const cluster of clusters) {
      await eventually(async () => {
        const of = `--context ${cluster} -n ${namespace} get`
        await fleet.kubectl(`${of} serviceexport sample-app`)
        const { status, spec } = await read(`${of} serviceimport sample-app`)
        assert.equal(spec['type'], 'ClusterSetIP')
        assert.deepEqual(
          (status?.['clusters'] as { cluster: string }[] | undefined)?.map((each) => each.cluster),
          clusters,
        )
      })
    }
  })

  test('every federated object says that it is well, and its defect is one event', async () => {
    for (const object of ['deployment', 'service', 'ingress'].map((kind) => `federated${kind} sample-app -n ${namespace}`)) {
      await eventually(async () => {
        const { status } = await read(`--context hub get ${object}`)
        const conditions = status?.['conditions'] as { type: string; status: string }[]
        assert.deepEqual(
          conditions.map(({ type, status }) => `${type} ${status}`),
          ['Propagation True'],
        )
        assert.deepEqual(
          status?.['clusters'],
          clusters.map((name) => ({ name })),
        )
      })
    }
    const events = (await read('--context hub get events -A')) as unknown as { items: KubeObject[] }
    const warnings = events.items
      .filter((event) => event['type'] === 'Warning')
      .map((event) => `${event['reason']} ${event['count'] ?? 1}`)
    assert.deepEqual(warnings.sort(), ['ExportedWithFederatedService 1', 'InvalidName 1'])
  })

  test('versions are on record as upstream had them', async () => {
    const { status } = await read(`--context hub -n ${namespace} get propagatedversion deployment-sample-app`)
    assert.match(String(status?.['templateVersion']), /^[0-9a-f]{32}$/)
    const versions = status?.['clusterVersions'] as { clusterName: string; version: string }[]
    assert.deepEqual(
      versions.map(({ clusterName, version }) => `${clusterName} ${version.slice(0, 4)}`),
      clusters.map((name) => `${name} gen:`),
    )
  })

  test('the lab that the seed is from makes its control plane and joins its clusters with the same words', async () => {
    const lab = readFileSync(join(process.env.FLOTILLA_INPUTS ?? '', 'seeds', '003-01-hands-on-lab.sh'), 'utf8')
    const lines = [...lab.replaceAll(/\\\n\s*/g, ' ').matchAll(/^\s*kubefedctl (init|join) .*$/gm)].map(([line]) =>
      line.trim().replaceAll(/ +/g, ' '),
    )
    assert.deepEqual(
      lines.map((line) => line.split(' ')[1]),
      ['init', 'join'],
    )
    const here = (line: string) =>
      line.replace('kubefedctl', 'kubefed').replace('kind-management-cluster', 'hub').replaceAll('kind-', '')
    const { stderr } = await fleet.flotilla(here(lines[0]!))
    assert.match(stderr, /^Warning: --dns-provider, --dns-zone-name, --image are of federation v1/)
    for (const index of [1, 2, 3]) await fleet.flotilla(here(lines[1]!).replaceAll('$i', `${index}`))
    await eventually(async () => {
      const { stdout } = await fleet.kubectl('--context hub get kubefedclusters -A')
      assert.equal(stdout.match(/workload-cluster-\d\s+\S+\s+True\s+v1\./g)?.length, 3, stdout)
    })
  })
})
