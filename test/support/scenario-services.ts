import assert from 'node:assert/strict'
import { failCluster, failLink, healAll } from '../../src/app/chaos/chaos-actions.js'
import { compareText } from '../../src/base/compare-text.js'
import type { Target } from '../../src/kube/client/kube-client.js'
import { type KubeObject, parseKey } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { type EndpointSlice, endpointSliceType, namespaceType, serviceType } from '../../src/services/model/kube-kinds.js'
import {
  type ServiceExport,
  type ServiceImport,
  serviceExportType,
  serviceImportType,
} from '../../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames as names } from '../../src/services/model/multi-cluster-names.js'
import { parseServiceKey } from '../../src/services/model/service-name.js'
import type { World } from './worlds/world.js'

type CommandRun = (world: World, args: readonly string[], body: readonly string[]) => Promise<string | undefined>

const deploymentType = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }
const hubNamespace = 'argocd'
const seen = new WeakMap<World, number>()

/**
 * The words of a fleet script that are about services across clusters:
 *
 *     > serve CLUSTER NS/NAME PODS [annotation=value ...]   the namespace, a Deployment, a Service
 *     > pods CLUSTER NS/NAME PODS                           how many from now on
 *     > flap CLUSTER NS/NAME TIMES                          its pods go and come back
 *     > export|unexport CLUSTER NS/NAME [annotation=value ...]
 *     > lose CLUSTER | restore CLUSTER                      its power
 *     > part CLUSTER OTHER | heal                           the way between two members; everything
 *     > slices CLUSTER NS/NAME                              what its slices say: order, source, endpoints
 *     > status CLUSTER NS/NAME                              conditions of the ServiceExport
 *     > imported CLUSTER NS/NAME                            the ServiceImport
 *     > explain NS/NAME CLUSTER[/ZONE] [CLUSTER ...]        the catalogue's ranking, as if the last ones were lost
 *     > writes                                              to members, since the last time
 */
export const serviceCommands: Readonly<Record<string, CommandRun>> = {
  async serve(world, [cluster = '', key = '', pods = '0', ...annotations]) {
    const { namespace, name } = parseServiceKey(key)
    const client = world.client(cluster)
    await client
      .create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
      .catch((error: unknown) => assert.match(String(error), /already exists/))
    const labels = { app: name }
    await client.create(deploymentType, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: Number(pods),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name, image: 'nginx:1' }] } },
      },
    })
    await client.create(serviceType, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, annotations: mapOf(annotations) },
      spec: { selector: labels, ports: [{ name: 'http', port: 80 }] },
    })
    return undefined
  },
  async pods(world, [cluster = '', key = '', pods = '0']) {
    await scale(world, cluster, key, Number(pods))
    return undefined
  },
  async flap(world, [cluster = '', key = '', times = '1']) {
    const { namespace, name } = parseKey(key)
    const found = await world.client(cluster).get({ type: deploymentType, namespace, name })
    const { replicas } = found['spec'] as { replicas: number }
    for (let round = 0; round < Number(times); round++) {
      await scale(world, cluster, key, 0)
      await world.clock.advance(3000)
      await scale(world, cluster, key, replicas)
      await world.clock.advance(5000)
    }
    return undefined
  },
  async export(world, [cluster = '', key = '', ...annotations]) {
    await world.client(cluster).create(serviceExportType, {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { ...parseServiceKey(key), annotations: mapOf(annotations) },
    })
    return undefined
  },
  async unexport(world, [cluster = '', key = '']) {
    await world.client(cluster).delete({ type: serviceExportType, ...parseServiceKey(key) })
    return undefined
  },
  async lose(world, [cluster = '']) {
    await failCluster(world.client('hub'), hubNamespace, cluster, { state: 'stopped' })
    return undefined
  },
  async restore(world, [cluster = '']) {
    await failCluster(world.client('hub'), hubNamespace, cluster, { state: null })
    return undefined
  },
  async part(world, [cluster = '', other = '']) {
    await failLink(world.client('hub'), hubNamespace, [cluster, other], { outage: { kind: 'cut' } })
    return undefined
  },
  async heal(world) {
    await healAll(world.client('hub'), hubNamespace, async (cluster) => world.clusters.get(cluster)?.client({ name: cluster }))
    return undefined
  },
  async slices(world, [cluster = '', key = '']) {
    const { namespace, name } = parseServiceKey(key)
    const { items } = await world.client(cluster).list<EndpointSlice>(endpointSliceType, { namespace })
    const rows = items.flatMap(({ metadata, endpoints }) => {
      const { labels = {}, annotations = {} } = metadata
      if (labels[names.managedByLabel] !== names.sliceManager) return []
      const of = labels[names.serviceNameLabel] ?? labels[names.kubeServiceLabel] ?? labels[names.standbyLabel]
      if (of !== name) return []
      const order = annotations[names.priorityAnnotation] ?? '0'
      const weight = annotations[names.sliceWeightAnnotation]
      const own = annotations[names.ownPriorityAnnotation]
      const ready = (endpoints ?? []).filter((each) => each.conditions?.ready === true).length
      const rest = `${weight === undefined ? '' : ` weight ${weight}`}${own === undefined ? '' : `, own ones ${own}`}`
      return [`${order} ${labels[names.sourceClusterLabel]} ${ready}${rest}`]
    })
    return rows.sort(compareText).join('\n') || 'none'
  },
  async status(world, [cluster = '', key = '']) {
    const found = await find<ServiceExport>(world, cluster, { type: serviceExportType, ...parseServiceKey(key) })
    if (found === undefined) return 'not found'
    return conditionsOf(found.status?.conditions)
  },
  async imported(world, [cluster = '', key = '']) {
    const found = await find<ServiceImport>(world, cluster, { type: serviceImportType, ...parseServiceKey(key) })
    if (found === undefined) return 'not found'
    const { type, ports = [] } = found.spec
    const from = found.status?.clusters?.map((each) => each.cluster).join(' ')
    const first = `${type} ${ports.map(({ name, port }) => `${name ?? ''}:${port}`).join(',')} from ${from || 'nobody'}`
    return [first, conditionsOf(found.status?.conditions)].filter((line) => line !== '').join('\n')
  },
  async explain(world, [key = '', from = '', ...without]) {
    const catalogue = world.hub.services
    const [cluster = '', zone] = from.split('/')
    const facts = catalogue.facts.cluster(cluster)
    assert.ok(facts, `${cluster} has not been read`)
    const entries = catalogue.list().filter(({ service }) => `${service.namespace}/${service.name}` === key)
    const texts = entries.map((service) => {
      const { rule, groups, excluded } = catalogue.rank(service, catalogue.consumerIn(facts, zone), without)
      const order = groups.map(({ priority, weight, endpoints, why }) => {
        const total = groups.filter((each) => each.priority === priority).reduce((sum, each) => sum + each.weight, 0)
        const places = [...new Set(endpoints.map((each) => each.cluster))].join('+')
        return `${priority} ${Math.round((100 * weight) / total)}% ${places} ${endpoints.length}: ${why}`
      })
      const left = new Set(excluded.map((each) => `- ${each.cluster}: ${each.why}`))
      return [`${service.reach}: ${rule}`, ...order, ...left].join('\n')
    })
    return texts.join('\n') || 'nobody offers it'
  },
  async writes(world) {
    const { writes } = world.hub.memberServices
    const since = writes - (seen.get(world) ?? 0)
    seen.set(world, writes)
    return String(since)
  },
}

async function scale(world: World, cluster: string, key: string, replicas: number): Promise<void> {
  const { namespace, name } = parseKey(key)
  const target = { type: deploymentType, namespace, name }
  await world.client(cluster).patch(target, { kind: 'merge', body: { spec: { replicas } } })
}

async function find<T extends KubeObject>(world: World, cluster: string, target: Target) {
  try {
    return await world.client(cluster).get<T>(target)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function conditionsOf(conditions: readonly { type: string; status: string; reason: string; message: string }[] = []): string {
  return conditions
    .map(({ type, status, reason, message }) => `${type}=${status} ${reason}${message === '' ? '' : `: ${message}`}`)
    .sort(compareText)
    .join('\n')
}

function mapOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]))
}
