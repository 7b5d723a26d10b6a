import { formatTime } from '../../../base/clock.js'
import { messageOf, Waiting } from '../../../base/errors.js'
import { changed } from '../../../controller/changed.js'
import type { ControllerDefinition } from '../../../controller/contract.js'
import { defineController } from '../../../controller/define-controller.js'
import { onEvent } from '../../../controller/on-event.js'
import type { Deliveries } from '../../../delivery/delivery.js'
import { sameRepository } from '../../../delivery/source/git-url.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application } from '../kinds/application.js'
import { applicationType, appProjectType } from '../kinds/resource-types.js'
import { defaultProjectName } from '../project/default-project.js'
import { ApplicationLook, type ApplicationServices, type Memory } from './application-look.js'
import type { PlainCondition } from './conditions.js'
import { decideDestination } from './decide-destination.js'
import { type DestinationIndex, indexDestinations } from './destination-index.js'
import { deliveryId, deliveryIdOfKey, kindsWithObjects } from './target-state.js'
import { instanceName, keyOfInstance, trackingOf } from './tracking.js'

const skipAnnotation = 'argocd.argoproj.io/skip-reconcile'
const resourcesFinalizer = 'resources-finalizer.argocd.argoproj.io'
/** Hooks before and after deletion are not run: what upstream has put on for them must not hold an application for ever. */
const hookFinalizers = ['pre-delete-finalizer.argocd.argoproj.io', 'post-delete-finalizer.argocd.argoproj.io'].flatMap((name) => [
  name,
  `${name}/cleanup`,
])

/** Delivers what Applications ask for and reports what their clusters got. */
export function createApplicationController(options: {
  /** The control plane's: its Applications carry plain names on the clusters. */
  readonly namespace: string
  readonly concurrency?: number
}): ControllerDefinition<Application, ApplicationServices> {
  const { namespace } = options
  const memories = new Map<string, Memory & { readonly uid: string | undefined }>()
  let destinations: DestinationIndex | undefined
  let engine: Deliveries | undefined
  /** One that was made anew under the name before anybody saw the old one gone has nothing of that one's. */
  const memoryOf = (key: string, { metadata: { uid } }: Application): Memory => {
    const known = memories.get(key)
    if (known !== undefined && known.uid === uid) return known
    const memory = { uid, run: undefined, doubtSince: undefined, writtenAt: 0 }
    memories.set(key, memory)
    return memory
  }

  return defineController<Application, ApplicationServices>({
    name: 'argo-cd/applications',
    for: applicationType,
    concurrency: options.concurrency ?? 32,
    watches: [
      {
        name: 'destinations',
        start: async (_handle, { caches }) => {
          destinations = await indexDestinations(caches)
        },
      },
      onEvent('clusters', ({ inventory }, handle) =>
        inventory.onChange(({ name, what }) => {
          for (const key of destinations?.on({ name, server: inventory.find({ name })?.server }) ?? []) handle.enqueue(key)
          // Its server may have been another: whoever goes by server looks for himself.
          if (what === 'left' || what === 'changed') for (const key of destinations?.byServer() ?? []) handle.enqueue(key)
        }),
      ),
      onEvent('repositories', ({ repositories }, handle) =>
        repositories.onChange(({ url }) => {
          for (const application of handle.objects()) if (usesRepository(application, url)) handle.enqueue(keyOf(application))
        }),
      ),
      onEvent('deliveries', ({ deliveries, inventory }, handle) => {
        engine = deliveries
        return deliveries.onChange(({ cluster, owner }) => {
          if (owner !== undefined) handle.enqueue(keyOfInstance(owner, namespace))
          else {
            const server = inventory.find({ name: cluster })?.server
            for (const key of destinations?.on({ name: cluster, server }) ?? []) handle.enqueue(key)
          }
        })
      }),
      changed<AppProject, Application, ApplicationServices>(appProjectType, function* (project, handle) {
        for (const application of handle.objects()) {
          if ((application.spec.project || defaultProjectName) === project.metadata.name) yield keyOf(application)
        }
      }),
    ],

    async reconcile(application, context) {
      if (application.metadata.annotations?.[skipAnnotation] === 'true') return undefined
      return new ApplicationLook(application, context, memoryOf(context.key, application), namespace).run()
    },

    failed(application, error, { clock }) {
      const going = application.metadata.deletionTimestamp !== undefined
      // Waiting for objects to go is no failure; waiting for a cluster to come back is worth saying.
      if (error instanceof Waiting && (!going || error.code === 'finalizing')) return undefined
      const condition: PlainCondition = { type: going ? 'DeletionError' : 'UnknownError', message: messageOf(error) }
      const before = application.status?.conditions ?? []
      if (before.some((known) => known.type === condition.type && known.message === condition.message)) return undefined
      const conditions = [
        ...before.filter((known) => known.type !== condition.type),
        { ...condition, lastTransitionTime: formatTime(clock.now()) },
      ]
      return { status: { ...application.status, conditions } }
    },

    finalizer: {
      names: [resourcesFinalizer, `${resourcesFinalizer}/foreground`, `${resourcesFinalizer}/background`, ...hookFinalizers],
      async finalize(application, finalizer, context) {
        memoryOf(context.key, application).run = undefined
        if (hookFinalizers.includes(finalizer)) return true
        const destination = decideDestination(application.spec.destination, context.inventory)
        // As upstream: what nobody can reach any more must not hold the application for ever, and nothing is deleted.
        if ('problem' in destination) {
          context.log.warn('application deleted without its objects', { problem: destination.problem })
          return true
        }
        // Nothing was ever deployed, so a cluster that cannot be reached before its Secret is mended has nothing to give back.
        const { history, operationState } = application.status ?? {}
        if (destination.cluster.problem !== undefined && history === undefined && operationState === undefined) return true
        const owner = instanceName(application, namespace)
        const kinds = kindsWithObjects(application)
        return context.deliveries.withdraw(
          {
            id: deliveryId(application),
            cluster: destination.cluster.name,
            tracking: trackingOf(owner),
            owner,
            ...(kinds ? { kinds } : {}),
          },
          { propagation: finalizer.endsWith('/background') ? 'background' : 'foreground' },
        )
      },
    },

    gone(key) {
      memories.delete(key)
      engine?.forget(deliveryIdOfKey(key))
    },
  })
}

function usesRepository(application: Application, url: string): boolean {
  const { source, sources = [] } = application.spec
  return [...(source ? [source] : []), ...sources].some((one) => one.repoURL !== undefined && sameRepository(one.repoURL, url))
}
