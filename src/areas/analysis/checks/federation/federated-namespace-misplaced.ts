import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

export const federatedNamespaceMisplaced = defineCheck({
  id: 'federated-namespace-misplaced',
  topic: 'federation',
  severity: 'error',
  title: 'A FederatedNamespace lies in another namespace than the one it federates',
  why: 'KubeFed takes a FederatedNamespace only in the namespace of its own name (event `InvalidName`): with it, this one propagates nothing, and everything federated in that namespace says `NamespaceNotFederated` and goes nowhere. A hub of Flotilla takes one that lies in `kube-federation-system` or `default` as it is meant, and warns, unless it is told to be strict.',
  evidence: ['kubernetes-retired/kubefed: pkg/controller/sync/accessor.go', 'kubernetes-retired/kubefed: docs/userguide.md'],
  fix: 'Put it into the namespace that it is named after; that namespace has to be there first.',
  *run(model) {
    for (const found of model.kinds('types.kubefed.io', 'FederatedNamespace')) {
      if (found.namespace === undefined || found.name === '' || found.namespace === found.name) continue
      const inside = model.group('types.kubefed.io').filter((each) => each.namespace === found.name && model.mayMeet(each, found))
      const isThere = model.find({ group: '', kind: 'Namespace', name: found.name }, found).length > 0
      const isTaken = isTakenAsMeant(found)
      const suffix = isTaken
        ? ', which this hub takes as it is meant, and KubeFed would not'
        : isThere
          ? ''
          : `; nothing here makes the namespace ${found.name} on the host either`
      const goes = isTaken ? 'goes nowhere with KubeFed' : 'goes nowhere'
      yield {
        message: `FederatedNamespace ${found.name} lies in ${found.namespace}${suffix}`,
        ...(isTaken ? { severity: 'warning' as const } : {}),
        at: [found.at('metadata', 'namespace'), ...inside.map((each) => each.at('metadata', 'namespace').says(goes))],
        edits: [{ kind: 'set', view: found, path: ['metadata', 'namespace'], value: found.name }],
      }
    }
  },
})

/** A running hub of Flotilla says so in the object's own status. */
function isTakenAsMeant(found: KubeDocument): boolean {
  return found.items('status', 'conditions').some((each) => each.text('type') === 'Repaired' && each.text('status') === 'True')
}
