import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { explainFederated } from '../src/app/explain/explain-federated.js'
import { explainPlain } from '../src/app/explain/explain-plain.js'
import { explainPolicy } from '../src/app/explain/explain-policy.js'
import { readDocuments, viewOfDocuments } from '../src/app/placement/dry-run.js'
import { explainAll, explainObject } from '../src/app/placement/explain-placement.js'
import { describeFleetExplanation } from '../src/cli/screens/explain-screen.js'
import type { Inventory } from '../src/inventory/cluster.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { statusErrors } from '../src/kube/object/status-error.js'
import { builtInResources } from '../src/kube/schema/resources.js'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const cluster = (name: string, more = '') =>
  `apiVersion: core.kubefed.io/v1beta1\nkind: KubeFedCluster\nmetadata: {name: ${name}, namespace: kube-federation-system${more}}\nspec: {apiEndpoint: "https://${name}.test", secretRef: {name: ${name}}}\n`
const fleet = [cluster('east'), cluster('west'), cluster('lab', ', annotations: {flotilla.dev/cordoned: "true"}')]
const web = (labels: string, annotations = '{}') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: ${labels}, annotations: ${annotations}}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "nginx:1"}]}}
`
const placement =
  'apiVersion: flotilla.dev/v1alpha1\nkind: Placement\nmetadata: {name: even, namespace: shop}\nspec: {replicas: {strategy: Even}, failover: {afterSeconds: 60}}\n'
const policy = (name: string, priority: number, clusters: string) =>
  `apiVersion: policy.karmada.io/v1alpha1\nkind: PropagationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  priority: ${priority}\n  resourceSelectors: [{apiVersion: apps/v1, kind: Deployment, name: web}]\n  placement: {clusterAffinity: {clusterNames: [${clusters}]}}\n`

/** Copies as each cluster has them; one that is not here does not answer. */
type Copies = Readonly<Record<string, { ready: number } | 'none'>>

function inventoryOf(copies: Copies): Inventory {
  return {
    list: () => [],
    find: () => undefined,
    state: () => ({ health: 'Healthy', reason: '', message: '', since: 0 }),
    onChange: () => () => {},
    ready: true,
    client: (name) =>
      ({
        async get({ type, name: of }) {
          const copy = copies[name]
          if (copy === undefined) throw new Error(`${name} does not answer`)
          if (copy === 'none') throw statusErrors.notFound({ group: type.group, resource: type.plural, name: of })
          const replicas = { replicas: 3, updatedReplicas: copy.ready, readyReplicas: copy.ready, availableReplicas: copy.ready }
          return {
            apiVersion: 'apps/v1',
            kind: type.kind,
            metadata: { name: of, namespace: 'shop', generation: 1 },
            spec: { replicas: 3 },
            status: { observedGeneration: 1, ...replicas },
          }
        },
      }) as KubeClient,
  }
}

const typeOf = ({ kind }: KubeObject) => builtInResources.find((type) => type.kind === kind)

async function explain(texts: readonly string[], copies: Copies, frozen?: string): Promise<string> {
  const documents = readDocuments([{ path: 'fleet.yaml', text: [...fleet, ...texts].join('---\n') }])
  const view = viewOfDocuments({ documents, namespace: 'shop', nowMs })
  const source = documents.find(({ metadata }) => metadata.name === 'web')!
  const found = await explainObject(view, source)
  return describeFleetExplanation(await explainFederated(source, found, inventoryOf(copies), typeOf, frozen), nowMs, false)
}

async function explainRule(texts: readonly string[], name: string): Promise<string> {
  const documents = readDocuments([{ path: 'fleet.yaml', text: [...fleet, ...texts].join('---\n') }])
  const view = viewOfDocuments({ documents, namespace: 'shop', nowMs })
  const rule = documents.find(({ metadata }) => metadata.name === name)!
  return describeFleetExplanation(explainPolicy(rule, await explainAll(view)), nowMs, false)
}

const placed = web('{flotilla.dev/placement: even}')
const rivals = [web('{}'), policy('wide', 1, 'east, west'), policy('narrow', 5, 'west')]
const screens: Record<string, () => Promise<string>> = {
  'a Placement: a cluster is cordoned, one is on its way': () =>
    explain([placement, placed], { east: { ready: 3 }, west: { ready: 1 } }),
  'a Placement: a copy is missing, a cluster is silent, moves are frozen': () =>
    explain([placement, placed], { east: 'none' }, 'release night'),
  'a Placement that is not there': () => explain([placed], {}),
  'two policies of Karmada: one wins': () => explain(rivals, { west: { ready: 3 } }),
  'a move that is under way': () => {
    const moving = JSON.stringify([
      {
        cluster: 'west',
        reason: 'TaintUntolerated',
        message: 'drain:NoExecute is not tolerated',
        since: nowMs - 60_000,
        purge: 'Gracefully',
      },
    ])
    return explain([placement, web('{flotilla.dev/placement: even}', `{flotilla.dev/placement-moving: '${moving}'}`)], {
      east: { ready: 3 },
    })
  },
  'an object of KubeFed whose namespace is not federated': () =>
    explain(
      [
        'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: web, namespace: shop}\nspec: {template: {data: {a: b}}, placement: {clusters: [{name: west}]}}\n',
      ],
      {},
    ),
  'an object of KubeFed that names a cluster that has not joined': () =>
    explain(
      [
        'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedNamespace\nmetadata: {name: shop, namespace: shop}\nspec: {placement: {clusters: [{name: west}, {name: mars}]}}\n',
        'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedConfigMap\nmetadata: {name: web, namespace: shop}\nspec: {template: {data: {a: b}}, placement: {clusters: [{name: west}, {name: mars}]}}\n',
      ],
      {},
    ),
  'an object whose label stands among the annotations': async () =>
    describeFleetExplanation(
      explainPlain(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings', namespace: 'shop', annotations: { 'flotilla.dev/placement': 'even' } },
        },
        [],
        [],
      ),
      nowMs,
      false,
    ),
  'a Placement itself': () => explainRule([placement, placed], 'even'),
  'the policy that lost': () => explainRule(rivals, 'wide'),
}

// GOLDEN=write rewrites it.
const golden = 'test/explain/placed.txt'

test('what is shown of objects that go to clusters, as it was read and found right', async () => {
  const parts: string[] = []
  for (const [title, show] of Object.entries(screens)) parts.push(`=== ${title}\n${await show()}`)
  const now = parts.join('\n')
  if (process.env.GOLDEN === 'write') writeFileSync(golden, now)
  assert.equal(now, readFileSync(golden, 'utf8'))
})
