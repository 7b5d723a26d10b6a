import { defineCheck } from '../../contract.js'

export const federatedNamespaceMisplaced = defineCheck({
  id: 'federated-namespace-misplaced',
  topic: 'federation',
  severity: 'error',
  title: 'A FederatedNamespace lies in another namespace than the one it federates',
  why: 'KubeFed takes a FederatedNamespace only in the namespace of its own name (event `InvalidName`). This one propagates nothing, and everything federated in that namespace then says `NamespaceNotFederated` and goes nowhere.',
  evidence: ['kubernetes-retired/kubefed: pkg/controller/sync/accessor.go', 'kubernetes-retired/kubefed: docs/userguide.md'],
  fix: 'Put it into the namespace that it is named after; that namespace has to be there first.',
  *run(model) {
    for (const found of model.kinds('types.kubefed.io', 'FederatedNamespace')) {
      if (found.namespace === undefined || found.name === '' || found.namespace === found.name) continue
      const inside = model.group('types.kubefed.io').filter((each) => each.namespace === found.name && model.mayMeet(each, found))
      const isThere = model.find({ group: '', kind: 'Namespace', name: found.name }, found).length > 0
      const suffix = isThere ? '' : `; nothing here makes the namespace ${found.name} on the host either`
      yield {
        message: `FederatedNamespace ${found.name} lies in ${found.namespace}${suffix}`,
        at: [found.at('metadata', 'namespace'), ...inside.map((each) => each.at('metadata', 'namespace').says('goes nowhere'))],
        edits: [{ kind: 'set', view: found, path: ['metadata', 'namespace'], value: found.name }],
      }
    }
  },
})
