import { defineCheck } from '../../contract.js'

export const federatedOverrideWithoutPlacement = defineCheck({
  id: 'federated-override-without-placement',
  topic: 'federation',
  severity: 'warning',
  title: 'An override is for a cluster that the object is not placed on',
  why: 'The override is never used: either the cluster is missing from the placement, or the override was forgotten when it was taken out.',
  evidence: ['kubernetes-retired/kubefed: docs/userguide.md, overrides'],
  fix: 'Add the cluster to `placement.clusters`, or take the override out.',
  *run(model) {
    for (const object of model.group('types.kubefed.io')) {
      // Without a list the selector decides; a list, even an empty one, wins.
      if (!Array.isArray(object.get('spec', 'placement', 'clusters'))) continue
      const placed = new Set(object.items('spec', 'placement', 'clusters').flatMap((item) => item.text('name') ?? []))
      for (const override of object.items('spec', 'overrides')) {
        const name = override.text('clusterName')
        if (name === undefined || placed.has(name)) continue
        yield {
          message: `${object.subject} overrides fields for ${name}, on which it is not placed`,
          at: [override.at('clusterName'), object.atKey('spec', 'placement', 'clusters')],
        }
      }
    }
  },
})
