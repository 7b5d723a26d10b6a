import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

export const clusterTargetNearMiss = defineCheck({
  id: 'cluster-target-near-miss',
  topic: 'gitops',
  severity: 'warning',
  title: 'A target selects a value that clusters have only nearly',
  why: 'A selector that matches no cluster is no error anywhere: the customisation is skipped, or nothing is deployed, and everything is green. Labels that differ by a suffix (`us-east`, `us-east-1`) are the usual reason.',
  evidence: ['rancher/fleet: internal/cmd/controller/target/match.go', 'argo-cd: applicationset/generators/cluster.go'],
  fix: 'Write the value that the clusters have, or give them the label.',
  *run(model) {
    const values = new Map<string, Map<string, string>>()
    for (const { name, labels } of model.clusters)
      for (const [key, value] of Object.entries(labels)) values.set(key, (values.get(key) ?? new Map()).set(value, name))
    for (const labels of selectors(
      model.fleetYamls.flatMap((each) => [...each.items('targetCustomizations'), ...each.items('targets')]),
      'clusterSelector',
    ).concat(
      selectors(
        model.kinds('fleet.cattle.io', 'GitRepo').flatMap((each) => each.items('spec', 'targets')),
        'clusterSelector',
      ),
      model.kinds('argoproj.io', 'ApplicationSet').flatMap((set) => generatorSelectors(set.items('spec', 'generators'))),
    )) {
      for (const key of labels.keys()) {
        const wanted = labels.text(key)
        const known = values.get(key)
        if (wanted === undefined || wanted.includes('{{') || known === undefined || known.has(wanted)) continue
        const near = [...known.keys()].find(
          (value) =>
            value.startsWith(`${wanted}-`) || wanted.startsWith(`${value}-`) || value.toLowerCase() === wanted.toLowerCase(),
        )
        if (near === undefined) continue
        yield {
          message: `no cluster has ${key}=${wanted}; ${known.get(near)} has ${key}=${near}`,
          at: [labels.at(key), ...(model.cluster(known.get(near)!)?.definedBy.slice(0, 1) ?? [])],
        }
      }
    }
  },
})

function selectors(targets: readonly View[], member: string): View[] {
  return targets
    .filter((target) => isObject(target.get(member, 'matchLabels')))
    .map((target) => target.view(member, 'matchLabels'))
}

/** Of cluster generators, at any depth of matrices and merges. */
function generatorSelectors(generators: readonly View[]): View[] {
  return generators.flatMap((generator) => [
    ...(isObject(generator.get('clusters', 'selector', 'matchLabels'))
      ? [generator.view('clusters', 'selector', 'matchLabels')]
      : []),
    ...['matrix', 'merge'].flatMap((kind) => generatorSelectors(generator.items(kind, 'generators'))),
  ])
}
