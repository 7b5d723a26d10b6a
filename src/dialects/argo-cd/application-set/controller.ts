import { Waiting } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import { changed } from '../../../controller/changed.js'
import type { ControllerDefinition } from '../../../controller/contract.js'
import { defineController } from '../../../controller/define-controller.js'
import { onEvent } from '../../../controller/on-event.js'
import type { Repositories } from '../../../delivery/source/contract.js'
import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import type { FunctionTable } from '../../../formats/go-template/functions.js'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import { controllerOf } from '../../../kube/object/owner.js'
import { isAlreadyExists, isNotFound } from '../../../kube/object/status-error.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationDestination } from '../kinds/application.js'
import type { ApplicationSet, Generator } from '../kinds/application-set.js'
import { applicationSetType, applicationType, appProjectType } from '../kinds/resource-types.js'
import { type ApplicationSetDecision, decideApplicationSet } from './decide-application-set.js'
import { generateApplications } from './generate-applications.js'
import { resourcesFinalizer } from './render-application.js'

export interface ApplicationSetServices {
  readonly inventory: Inventory
  readonly repositories: Repositories
  /** Functions of Go templates in ApplicationSets. */
  readonly templateFunctions: FunctionTable
}

const refreshAnnotation = 'argocd.argoproj.io/application-set-refresh'
/** Upstream's pause after a generator has failed; a repository that does not answer is asked again sooner. */
const failedRetryMs = 180_000
const unreachableRetryMs = 15_000

/** Keeps the Applications that the generators of an ApplicationSet give. Their state is told by the status controller beside it. */
export function createApplicationSetController(options: {
  namespace: string
}): ControllerDefinition<ApplicationSet, ApplicationSetServices> {
  const { namespace } = options
  return defineController<ApplicationSet, ApplicationSetServices>({
    name: 'argo-cd/application-sets',
    for: applicationSetType,
    selector: { namespace },
    concurrency: 4,
    changed: (before, now) =>
      before.metadata.generation !== now.metadata.generation ||
      !equalJson(before.metadata.annotations, now.metadata.annotations) ||
      before.metadata.deletionTimestamp !== now.metadata.deletionTimestamp,
    watches: [
      onEvent('clusters', ({ inventory }, handle) =>
        inventory.onChange(({ what }) => {
          if (what !== 'health') for (const set of handle.objects()) handle.enqueue(keyOf(set))
        }),
      ),
      onEvent('repositories', ({ repositories }, handle) =>
        repositories.onChange(({ url }) => {
          for (const set of handle.objects()) if (readsRepository(set, url)) handle.enqueue(keyOf(set))
        }),
      ),
      changed<Application, ApplicationSet, ApplicationSetServices>(applicationType, ownerKeys, {
        selector: { namespace },
        // What an Application says of itself does not matter here; that it was edited or has gone does.
        when: ({ type, object, previous }) =>
          type === 'DELETED' ||
          (previous !== undefined &&
            (!equalJson(previous.spec, object.spec) ||
              !equalJson(previous.metadata.labels, object.metadata.labels) ||
              !equalJson(previous.metadata.annotations, object.metadata.annotations) ||
              !equalJson(previous.metadata.finalizers, object.metadata.finalizers))),
      }),
      changed<AppProject, ApplicationSet, ApplicationSetServices>(
        appProjectType,
        (_project, handle) => [...handle.objects()].map(keyOf),
        { selector: { namespace }, when: ({ type }) => type !== 'MODIFIED' },
      ),
    ],
    async reconcile(appSet, { inventory, repositories, templateFunctions, caches, hub, clock, event, signal }) {
      if (appSet.metadata.deletionTimestamp !== undefined) return undefined
      if (!inventory.ready) {
        throw new Waiting({
          code: 'inventory-not-ready',
          message: 'the clusters of the fleet have not been read yet',
          retryAfterMs: 200,
        })
      }
      const [applications, projects] = await Promise.all([
        caches.cache<Application>(applicationType, { namespace }),
        caches.cache<AppProject>(appProjectType, { namespace }),
      ])
      const clusters = inventory.list().filter((cluster) => cluster.source !== 'in-cluster')
      const generated = await generateApplications(appSet, { clusters, repositories, functions: templateFunctions })
      const decision = decideApplicationSet({
        appSet,
        generated,
        existing: applications.list(),
        now: clock.now(),
        checks: {
          projectExists: (name) => projects.get(`${namespace}/${name}`) !== undefined,
          explainDestination: (destination) => explainDestination(inventory, destination),
        },
      })
      await carryOut(hub, namespace, decision, signal)
      for (const warning of decision.warnings) event('Warning', 'ApplicationSetWarning', warning)
      if (decision.hold) event('Warning', decision.hold.reason, decision.hold.message)
      for (const application of decision.create) event('Normal', 'created', `created Application "${application.metadata.name}"`)
      for (const { application } of decision.delete)
        event('Normal', 'Deleted', `deleted Application "${application.metadata.name}"`)
      if (appSet.metadata.annotations?.[refreshAnnotation] !== undefined) {
        const body = { metadata: { annotations: { [refreshAnnotation]: null } } }
        await hub.patch({ type: applicationSetType, namespace, name: appSet.metadata.name }, { kind: 'merge', body }, { signal })
      }
      const problem = generated.problems[0]
      const afterMs =
        problem !== undefined
          ? problem.cause instanceof Waiting
            ? unreachableRetryMs
            : failedRetryMs
          : generated.recheckSeconds === undefined
            ? undefined
            : generated.recheckSeconds * 1000
      return {
        status: { ...appSet.status, conditions: decision.conditions },
        ...(afterMs === undefined ? {} : { again: clock.now() + afterMs }),
      }
    },
  })
}

/** The ApplicationSet that owns an Application. */
export function ownerKeys(application: Application): string[] {
  const owner = controllerOf(application)
  return owner?.kind === 'ApplicationSet' ? [`${application.metadata.namespace}/${owner.name}`] : []
}

function explainDestination(inventory: Inventory, destination: ApplicationDestination): string | undefined {
  const { name, server } = destination
  if (name && server) return `application destination can't have both name and server defined: ${name} ${server}`
  if (!name && !server) return 'application destination has neither server nor name: set one of them'
  const found = inventory.find(name ? { name } : { server: server! })
  return found ? undefined : `there is no cluster with ${name ? `name ${name}` : `server ${server}`} in the fleet`
}

/** Deletions last: what has moved to another name is there before the old one goes. */
async function carryOut(
  hub: KubeClient,
  namespace: string,
  decision: ApplicationSetDecision,
  signal: AbortSignal,
): Promise<void> {
  const target = (name: string) => ({ type: applicationType, namespace, name })
  await inTurns(decision.create, async (application) => {
    try {
      await hub.create(applicationType, application, { fieldManager: 'flotilla', signal })
    } catch (error) {
      // The cache was behind; the next look sees it.
      if (!isAlreadyExists(error)) throw error
    }
  })
  await inTurns(decision.update, async ({ live, patch }) => {
    await hub.patch(target(live.metadata.name), { kind: 'merge', body: patch }, { fieldManager: 'flotilla', signal })
  })
  await inTurns(decision.delete, async ({ application, dropsResourcesFinalizer }) => {
    const { name, uid, finalizers = [] } = application.metadata
    try {
      if (dropsResourcesFinalizer) {
        const kept = finalizers.filter((finalizer) => !finalizer.startsWith(resourcesFinalizer))
        await hub.patch(
          target(name),
          { kind: 'merge', body: { metadata: { finalizers: kept, uid } } },
          { fieldManager: 'flotilla', signal },
        )
      }
      await hub.delete(target(name), { propagationPolicy: 'Background', preconditions: uid === undefined ? {} : { uid }, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
}

const writesAtOnce = 16

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(writesAtOnce, items.length) }, async () => {
      while (next < items.length) await work(items[next++]!)
    }),
  )
}

/** Whether one of the git generators, however deep, reads the repository. */
export function readsRepository(appSet: ApplicationSet, url: string): boolean {
  const wanted = normalize(url)
  const reads = (generator: Generator): boolean => {
    if (generator.git !== undefined) {
      const own = generator.git.repoURL
      // A templated URL may be any.
      return own.includes('{{') || normalize(own) === wanted
    }
    return [...(generator.matrix?.generators ?? []), ...(generator.merge?.generators ?? [])].some(reads)
  }
  return (appSet.spec.generators ?? []).some(reads)
}

function normalize(url: string): string {
  try {
    return normalizeGitUrl(url)
  } catch {
    return url
  }
}
