import { canonicalJson } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

export const kubeconfigNameClash = defineCheck({
  id: 'kubeconfig-name-clash',
  topic: 'access',
  severity: 'warning',
  title: 'Kubeconfigs that are to be merged have different entries of one name',
  why: 'When files are merged (KUBECONFIG=a:b, --flatten), the first entry of a name wins and the others are dropped without a word: a context of the second file then goes to the cluster, or with the credentials, of the first.',
  evidence: ['kubectl: clientcmd loading rules', 'kubernetes.io: organize cluster access, merging kubeconfig files'],
  fix: 'Rename one of them: `kubectl config rename-context`, or the names of clusters and users in the file.',
  *run(model) {
    for (const [list, member] of [
      ['users', 'user'],
      ['clusters', 'cluster'],
      ['contexts', 'context'],
    ] as const) {
      const known = new Map<string, View>()
      for (const kubeconfig of model.kubeconfigs) {
        // Files of different clusters' folders are not merged.
        if (kubeconfig.cluster !== undefined || kubeconfig.parent !== undefined) continue
        for (const entry of kubeconfig.items(list)) {
          const name = entry.text('name')
          if (name === undefined) continue
          const first = known.get(name)
          if (first === undefined) known.set(name, entry)
          else if (
            first.document !== entry.document &&
            canonicalJson(first.get(member) ?? null) !== canonicalJson(entry.get(member) ?? null)
          )
            yield {
              message: `the ${member} ${name} is another one in ${first.document.source}`,
              at: [entry.at('name'), first.at('name')],
            }
        }
      }
    }
  },
})
