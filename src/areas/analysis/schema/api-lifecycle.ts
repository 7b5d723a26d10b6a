import type { Finding } from '../contract.js'
import type { FleetModel } from '../model/fleet-model.js'
import { minorOf } from '../model/kubernetes-version.js'
import { oldestMaintained, removedApi } from './removed-apis.js'
import { standingOf } from './standing.js'

/**
 * The objects of a model with an API version that is removed, or going to be, where they land: in the version of their cluster, of
 * the settings, or else the oldest one that is maintained.
 */
export function* apiLifecycle(model: FleetModel): Iterable<{ finding: Finding; isGone: boolean }> {
  for (const object of model.objects) {
    const removed = removedApi(object.apiVersion, object.kind)
    // A cluster that was read serves its objects in versions that it has.
    if (removed === undefined || object.written === undefined || standingOf(model, object) === 'patch') continue
    const version = model.clusterOf(object)?.versions[0]
    const told = minorOf(version?.value ?? model.kubernetesVersion)
    const minor = told ?? oldestMaintained
    // What takes its place is not there yet.
    if (minor < removed.deprecated) continue
    const isGone = minor >= removed.since
    const now = removed.now === undefined ? 'and the kind is gone' : `use ${removed.now}`
    yield {
      isGone,
      finding: {
        message: `${object.apiVersion} ${object.kind} is not served from Kubernetes 1.${removed.since} on: ${now}`,
        at: [object.at('apiVersion'), ...(version === undefined ? [] : [version.at])],
        ...(removed.isSame === true && removed.now !== undefined
          ? { edits: [{ kind: 'set' as const, view: object, path: ['apiVersion'], value: removed.now }] }
          : {}),
      },
    }
  }
}
