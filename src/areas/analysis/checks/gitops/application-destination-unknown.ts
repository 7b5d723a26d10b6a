import { closest } from '../../../../base/closest.js'
import { defineCheck } from '../../contract.js'

export const applicationDestinationUnknown = defineCheck({
  id: 'application-destination-unknown',
  topic: 'gitops',
  severity: 'warning',
  title: 'An Application goes to a cluster that Argo CD does not know',
  why: 'Argo CD finds a destination by the name or the server of a cluster Secret. Without one the Application stays Unknown with `there are no clusters with this name`.',
  evidence: ['argo-cd: util/argo/argo.go, GetDestinationCluster'],
  fix: 'Write the name or the server of a cluster Secret.',
  *run(model) {
    const clusters = model.clusters.filter(({ identities }) => identities.some(({ tool }) => tool === 'argo-cd'))
    if (clusters.length === 0) return
    const names = new Set(['in-cluster', ...clusters.flatMap(({ name, aliases }) => [name, ...aliases])])
    for (const application of model.kinds('argoproj.io', 'Application')) {
      const name = application.text('spec', 'destination', 'name')
      if (name === undefined || names.has(name)) continue
      const near = closest(name, names)
      // Others may be added by hand or by another repository: only what looks like one of these is reported.
      if (near === undefined) continue
      yield {
        message: `there is no cluster ${name}: did you mean ${near}?`,
        at: [application.at('spec', 'destination', 'name'), ...(model.cluster(near)?.definedBy.slice(0, 1) ?? [])],
      }
    }
  },
})
