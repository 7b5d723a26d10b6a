import { defineCheck } from '../../contract.js'

export const serviceNameTooLong = defineCheck({
  id: 'service-name-too-long',
  topic: 'services',
  severity: 'error',
  title: 'The name of an exported service does not fit into DNS',
  why: 'A name in DNS has at most 253 characters, and 63 between two dots. Pods of a headless service are HOSTNAME.CLUSTER.SERVICE.NAMESPACE.svc.clusterset.local: with long parts, the name server leaves the record out.',
  evidence: ['KEP-1645: DNS', 'RFC 1035, section 2.3.4'],
  fix: 'Shorten the names, or the cluster’s id.',
  *run(model) {
    for (const object of model.kinds('multicluster.x-k8s.io', 'ServiceExport')) {
      const { namespace = 'default', name } = object
      if (name.length > 63)
        yield {
          message: `${object.subject} has a name of ${name.length} characters; DNS takes 63`,
          at: [object.at('metadata', 'name')],
        }
      for (const set of model.kinds('apps', 'StatefulSet')) {
        if (set.text('spec', 'serviceName') !== name || set.namespace !== object.namespace || !model.mayMeet(set, object))
          continue
        const replicas = Math.max(1, set.number('spec', 'replicas') ?? 1)
        const host = `${set.name}-${replicas - 1}`
        for (const cluster of model.clusters) {
          const full = `${host}.${cluster.name}.${name}.${namespace}.svc.clusterset.local`
          if (full.length <= 253 && host.length <= 63) continue
          yield {
            message: `pods of ${set.subject} have the name ${full.slice(0, 60)}… of ${full.length} characters in ${cluster.name}; DNS takes 253, and 63 a part`,
            at: [set.at('metadata', 'name'), object.at('metadata', 'name')],
          }
          break
        }
      }
    }
  },
})
