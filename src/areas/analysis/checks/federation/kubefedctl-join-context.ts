import { defineCheck } from '../../contract.js'

export const kubefedctlJoinContext = defineCheck({
  id: 'kubefedctl-join-context',
  topic: 'federation',
  severity: 'error',
  title: 'A cluster of Cluster API is joined by a context that it does not have',
  why: 'Contexts named `kind-NAME` are made by `kind create cluster`. The kubeconfig of a cluster that Cluster API made comes from `clusterctl get kubeconfig NAME` and has the context `NAME-admin@NAME`: the join ends with `context does not exist`.',
  evidence: ['Cluster API: util/kubeconfig/kubeconfig.go'],
  fix: 'Merge the output of `clusterctl get kubeconfig NAME` into the kubeconfig and join with `--cluster-context=NAME-admin@NAME`.',
  *run(model) {
    const made = model.kinds('cluster.x-k8s.io', 'Cluster')
    if (made.length === 0) return
    const byKind = new Set(model.callsOf('kind', 'create', 'cluster').flatMap((call) => call.flag('name') ?? 'kind'))
    for (const call of model.callsOf('kubefedctl', 'join')) {
      const context = call.flag('cluster-context')
      const name = context?.startsWith('kind-') === true ? context.slice('kind-'.length) : undefined
      if (name === undefined || byKind.has(name)) continue
      // In a loop the name has a variable in it: `workload-cluster-$i`.
      const parts = name.split(/\$(?:\w+|\{\w+\})/)
      const cluster = made.find((each) => consistsOf(each.name, parts))
      if (cluster === undefined) continue
      yield {
        message: `${context} is no context of ${cluster.name}, which Cluster API makes: that is ${cluster.name}-admin@${cluster.name}`,
        at: [call.at('cluster-context'), cluster.at('metadata', 'name')],
      }
    }
  },
})

/** Whether a text has these parts in this order, with something between any two. In one pass: the parts are whatever a script says. */
export function consistsOf(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at + 1)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length > at && text.endsWith(last)
}
