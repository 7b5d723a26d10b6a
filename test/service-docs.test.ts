import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createServiceAdmission } from '../src/app/services/service-admission.js'
import { serviceDialects, servicePlanners } from '../src/app/services/service-dialects.js'
import { messageOf } from '../src/base/errors.js'
import { derivedName } from '../src/dialects/gke/derived-service.js'
import { parseYamlDocuments } from '../src/formats/yaml/parse-yaml.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { decideService } from '../src/services/model/decide-service.js'
import type { PlannedWrite } from '../src/services/model/planned-write.js'
import { rankEndpoints } from '../src/services/model/rank/rank-endpoints.js'
import { fleetFacts, serviceObject, sliceObject } from './support/cases/fleet-facts.js'
import { docBlocks } from './support/doc-blocks.js'
import { apiService, consumerIn } from './support/worlds/sample-fleet.js'

// The examples of the pages about services do what stands below them, in a fleet of three clusters with two pods each.

const places: Readonly<Record<string, string>> = { 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a', 'eu-west': 'eu-west-1/a' }
const pages = ['cilium-global-services', 'istio-locality', 'globalnet', 'multiclusterservice']

function examplesOf(page: string) {
  const blocks = docBlocks(`docs/reference/${page}.md`)
  const objects = blocks
    .filter(({ language }) => language === 'yml')
    .flatMap(({ note, text }) => parseYamlDocuments(text).map(({ value }) => ({ note, object: value as unknown as KubeObject })))
  return { blocks: blocks.filter(({ language }) => language === 'text'), objects }
}

function fleetOf(objects: readonly { note: string; object: KubeObject }[]) {
  const exported = !objects.some(({ object }) => object.kind === 'Service' || object.kind === 'MultiClusterService')
  const clusters = Object.entries(places).map(([name, place], index) => {
    const own = objects.filter(({ note }) => note.split(' ').includes(name)).map(({ object }) => object)
    const addresses = [1, 2].map((last) => `10.0.${index + 1}.${last}`)
    const made = own.some(({ kind }) => kind === 'Service') ? [] : exported ? [serviceObject('api'), serviceExport] : []
    const backing = objects.some(({ object }) => object.kind === 'MultiClusterService') ? derivedName(apiService) : 'api'
    return { name, place, objects: [...own, ...made, sliceObject(backing, addresses)] }
  })
  return fleetFacts(
    clusters,
    objects.filter(({ note }) => note === 'hub').map(({ object }) => object),
  )
}

const serviceExport: KubeObject = {
  apiVersion: 'multicluster.x-k8s.io/v1beta1',
  kind: 'ServiceExport',
  metadata: { name: 'api', namespace: 'shop' },
}

for (const page of pages)
  describe(`docs/reference/${page}.md`, () => {
    const { blocks, objects } = examplesOf(page)
    assert.ok(blocks.length > 0 && objects.length > 0)
    for (const { note, text } of blocks)
      test(note, () => {
        const [what, ...words] = note.split(' ')
        assert.equal(text.trim(), answers[what!]!(objects, words).trim())
      })
  })

type Answer = (objects: readonly { note: string; object: KubeObject }[], words: readonly string[]) => string

const answers: Readonly<Record<string, Answer>> = {
  explain(objects, [name = '', from = '']) {
    assert.equal(name, 'shop/api')
    const facts = fleetOf(objects)
    const offers = serviceDialects.flatMap((dialect) => dialect.offers(apiService, facts))
    const rules = serviceDialects.flatMap((dialect) => dialect.rules(apiService, facts))
    const service = decideService(offers, rules)
    assert.ok(service)
    const { groups } = rankEndpoints(service, consumerIn(from, places[from]!), {
      reachOf: () => 'reachable',
      labelsOf: () => ({}),
    })
    return groups
      .flatMap(({ priority, endpoints, why }) =>
        endpoints.map(({ cluster, endpoint }) => `${priority}  ${cluster}  ${endpoint.addresses[0]}  ${why}`),
      )
      .join('\n')
  },
  refusal(objects) {
    const object = objects.find(({ note }) => note === 'refused')!.object
    const request = {
      groupResource: 'destinationrules.networking.istio.io',
      object,
      previous: undefined,
      namespace: 'shop',
      storage: { get: () => undefined },
      warn: () => {},
    }
    try {
      createServiceAdmission('hub').validate!(request as never)
    } catch (error) {
      return messageOf(error)
    }
    return 'it is not refused'
  },
  blocks(objects) {
    const write = planned(objects).find(({ type }) => type.kind === 'ConfigMap') as PlannedWrite & {
      object: { data: { clusterinfo: string } }
    }
    const clusters = JSON.parse(write.object.data.clusterinfo) as { cluster_id: string; global_cidr: string[] }[]
    return clusters.map(({ cluster_id, global_cidr }) => `${cluster_id} ${global_cidr}`).join('\n')
  },
  status(objects, [link]) {
    const linked = objects.map(({ note, object }) => ({
      note,
      object: { ...object, spec: { ...(object['spec'] as object), clusters: [{ link }] } },
    }))
    const write = planned(linked).find(({ type }) => type.kind === 'MultiClusterService') as PlannedWrite & {
      body: { status: { conditions: Record<string, string>[] } }
    }
    return write.body.status.conditions
      .map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`)
      .join('\n')
  },
}

function planned(objects: readonly { note: string; object: KubeObject }[]): PlannedWrite[] {
  const facts = { fleet: fleetOf(objects), now: '2026-01-01T00:00:00Z', lookedUp: () => undefined }
  return servicePlanners.filter((planner) => planner.isNeeded(facts.fleet)).flatMap((planner) => planner.plan(facts))
}
