import { equalJson } from '../../../base/json.js'
import type { CacheChange, ControllerDefinition, Source } from '../../../controller/contract.js'
import { defineController } from '../../../controller/define-controller.js'
import { isControlledBy } from '../../../kube/object/owner.js'
import type { Application, ResourceStatus } from '../kinds/application.js'
import type { ApplicationSet, ApplicationSetStatus } from '../kinds/application-set.js'
import { applicationSetType, applicationType } from '../kinds/resource-types.js'
import { ownerKeys } from './controller.js'

/** Changes of Applications are gathered this long, so that a rollout over a thousand of them is a few writes, not thousands. */
const gatherMs = 1000

/** Tells in the ApplicationSet's status how its Applications are. */
export function createApplicationSetStatusController(options: {
  namespace: string
}): ControllerDefinition<ApplicationSet, object> {
  const { namespace } = options
  return defineController<ApplicationSet, object>({
    name: 'argo-cd/application-set-status',
    for: applicationSetType,
    selector: { namespace },
    concurrency: 2,
    changed: () => false,
    watches: [gatheredApplications(namespace)],
    async reconcile(appSet, { caches }) {
      const cache = await caches.cache<Application>(applicationType, { namespace })
      const mine = cache.list().filter((application) => isControlledBy(application, appSet))
      return { status: { ...appSet.status, ...describeApplications(mine) } }
    },
  })
}

/** status.resources as upstream has it, sorted by name. */
export function describeApplications(
  applications: readonly Application[],
): Pick<ApplicationSetStatus, 'resources' | 'resourcesCount'> {
  const resources: ResourceStatus[] = applications.map((application) => ({
    group: 'argoproj.io',
    version: 'v1alpha1',
    kind: 'Application',
    name: application.metadata.name,
    namespace: application.metadata.namespace ?? '',
    status: application.status?.sync?.status ?? 'Unknown',
    health: { status: application.status?.health?.status ?? 'Unknown' },
  }))
  resources.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return { resources, resourcesCount: resources.length }
}

function gatheredApplications(namespace: string): Source<ApplicationSet, object> {
  return {
    name: 'gathered applications',
    async start(handle, { caches, clock, signal }) {
      const cache = await caches.cache<Application>(applicationType, { namespace })
      const waiting = new Set<string>()
      let cancel: (() => void) | undefined
      const flush = () => {
        cancel = undefined
        const keys = [...waiting]
        waiting.clear()
        for (const key of keys) handle.enqueue(key)
      }
      const off = cache.onChange((change) => {
        if (!matters(change)) return
        for (const key of ownerKeys(change.object)) waiting.add(key)
        if (waiting.size > 0) cancel ??= clock.after(gatherMs, flush)
      })
      signal.addEventListener(
        'abort',
        () => {
          off()
          cancel?.()
        },
        { once: true },
      )
    },
  }
}

function matters({ type, object, previous }: CacheChange<Application>): boolean {
  if (type !== 'MODIFIED' || previous === undefined) return true
  return (
    !equalJson(previous.status?.sync?.status, object.status?.sync?.status) ||
    previous.status?.health?.status !== object.status?.health?.status
  )
}
