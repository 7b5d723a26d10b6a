import { defineCheck } from '../../contract.js'
import { minorOf } from '../../model/kubernetes-version.js'
import { oldestMaintained, removedApi } from '../../schema/removed-apis.js'
import { standingOf } from '../../schema/standing.js'

export const apiRemoved = defineCheck({
  id: 'api-removed',
  topic: 'schema',
  severity: 'error',
  title: 'An object has an API version that its cluster does not serve',
  why: 'Kubernetes removes old versions of its APIs. Applied to a cluster that no longer has it, the object is refused with `no matches for kind`; after an upgrade, deployments that worked for years stop with the next change.',
  evidence: ['kubernetes.io/docs/reference/using-api/deprecation-guide'],
  fix: 'Write the version that is served, and see the guide for fields that have changed.',
  *run(model) {
    for (const object of model.objects) {
      const removed = removedApi(object.apiVersion, object.kind)
      if (removed === undefined || standingOf(model, object) === 'patch') continue
      const version = model.clusterOf(object)?.versions[0]
      const minor = minorOf(version?.value ?? model.kubernetesVersion)
      const isGone = (minor ?? oldestMaintained) >= removed.since
      const now = removed.now === undefined ? 'and the kind is gone' : `use ${removed.now}`
      yield {
        message: `${object.apiVersion} ${object.kind} is not served from Kubernetes 1.${removed.since} on: ${now}`,
        at: [object.at('apiVersion'), ...(version === undefined ? [] : [version.at])],
        severity: isGone ? 'error' : 'warning',
        ...(removed.isSame === true && removed.now !== undefined
          ? { edits: [{ kind: 'set' as const, view: object, path: ['apiVersion'], value: removed.now }] }
          : {}),
      }
    }
  },
})
