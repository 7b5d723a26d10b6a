import { CodedError, messageOf, Waiting } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import { changed } from '../../../controller/changed.js'
import type { Caches, ControllerDefinition } from '../../../controller/contract.js'
import { defineController } from '../../../controller/define-controller.js'
import { onEvent } from '../../../controller/on-event.js'
import type { Repositories } from '../../../delivery/source/contract.js'
import { normalizeGitUrl } from '../../../delivery/source/git-url.js'
import type { FunctionTable } from '../../../formats/go-template/functions.js'
import type { Inventory } from '../../../inventory/cluster.js'
import { keyOf } from '../../../kube/object/kube-object.js'
import { controllerOf, isControlledBy } from '../../../kube/object/owner.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationDestination } from '../kinds/application.js'
import type { ApplicationSet, Generator } from '../kinds/application-set.js'
import { applicationSetType, applicationType, appProjectType } from '../kinds/resource-types.js'
import { carryOut, releaseApplications } from './carry-out.js'
import { conditionsFor, mergeConditions } from './conditions.js'
import { allowsDelete, decideApplicationSet, effectiveSync } from './decide-application-set.js'
import { createDecisionResources } from './decision-resources.js'
import { generateApplications } from './generate-applications.js'
import { resourcesFinalizer } from './render-application.js'

export interface ApplicationSetServices {
  readonly inventory: Inventory
  readonly repositories: Repositories
  /** Functions of Go templates in ApplicationSets. */
  readonly templateFunctions: FunctionTable
}

const name = 'argo-cd/application-sets'
/** Asks for a look at the repositories past all caches; removed when it has been served. */
const refreshAnnotation = 'argocd.argoproj.io/application-set-refresh'
/** Upstream's pause after a generator has failed; a repository that does not answer is asked again sooner. */
const failedRetryMs = 180_000
const unreachableRetryMs = 15_000
/** Someone else was faster with an application: the cache knows of it in a moment. */
const outdatedRetryMs = 1000

/** Keeps the Applications that the generators of an ApplicationSet give. Their state is told by the status controller beside it. */
export function createApplicationSetController(options: {
  namespace: string
}): ControllerDefinition<ApplicationSet, ApplicationSetServices> {
  const { namespace } = options
  return defineController<ApplicationSet, ApplicationSetServices>({
    name,
    for: applicationSetType,
    selector: { namespace },
    concurrency: 4,
    changed: (before, now) =>
      before.metadata.generation !== now.metadata.generation ||
      !equalJson(before.metadata.annotations, now.metadata.annotations) ||
      !equalJson(before.metadata.labels, now.metadata.labels),
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
      if (!inventory.ready) {
        throw new Waiting({
          code: 'inventory-not-ready',
          message: 'the clusters of the fleet have not been read yet',
          retryAfterMs: 200,
        })
      }
      const applications = await readApplications(caches, namespace)
      const projects = await caches.cache<AppProject>(appProjectType, { namespace })
      const refresh = appSet.metadata.annotations?.[refreshAnnotation] !== undefined
      const clusters = inventory.list().filter((cluster) => cluster.source !== 'in-cluster')
      const generated = await generateApplications(appSet, {
        clusters,
        repositories: {
          resolve: (url, revision) => repositories.resolve(url, revision, { refresh, signal }),
          tree: (url, commit) => repositories.tree(url, commit),
        },
        decisions: createDecisionResources(hub, namespace, { signal }),
        functions: templateFunctions,
      })
      const decision = decideApplicationSet({
        appSet,
        generated,
        existing: applications,
        now: clock.now(),
        checks: {
          projectExists: (name) => projects.get(`${namespace}/${name}`) !== undefined,
          explainDestination: (destination) => explainDestination(inventory, destination),
        },
      })
      const done = await carryOut(decision, { hub, fieldManager: name, signal, event })
      for (const warning of decision.warnings) event('Warning', 'ApplicationSetWarning', warning)
      if (decision.hold) event('Warning', decision.hold.reason, decision.hold.message)
      const [failure] = done.failures
      if (failure !== undefined) throw new ApplicationNotWritten(failure)
      const problem = generated.problems[0]
      const waits: number[] = []
      if (problem !== undefined) waits.push(problem.cause instanceof Waiting ? unreachableRetryMs : failedRetryMs)
      else if (generated.recheckSeconds !== undefined) waits.push(generated.recheckSeconds * 1000)
      if (decision.invalid.length > 0) waits.push(failedRetryMs)
      if (done.outdated) waits.push(outdatedRetryMs)
      return {
        status: { ...appSet.status, conditions: decision.conditions },
        ...(refresh ? { patch: { metadata: { annotations: { [refreshAnnotation]: null } } } } : {}),
        ...(waits.length === 0 ? {} : { again: clock.now() + Math.min(...waits) }),
      }
    },
    failed(appSet, error, { clock }) {
      // What is only not known yet is nothing to tell anybody.
      if (error instanceof Waiting) return undefined
      const reason = error instanceof ApplicationNotWritten ? error.reason : 'ApplicationSetError'
      const states = conditionsFor({ kind: 'troubled', reason, message: messageOf(error) })
      return { status: { ...appSet.status, conditions: mergeConditions(appSet.status?.conditions, states, clock.now()) } }
    },
    finalizer: {
      // Set by users whose applications are to outlive their ApplicationSet; without it owner references alone decide.
      names: [resourcesFinalizer],
      async finalize(appSet, _finalizer, { hub, signal }) {
        if (allowsDelete(effectiveSync(appSet))) return true
        // Read anew: an application that was made a moment ago, and that the cache does not have yet, would go with its owner.
        const { items } = await hub.list<Application>(applicationType, { namespace, signal })
        const mine = items.filter((application) => isControlledBy(application, appSet))
        await releaseApplications(mine, appSet.metadata.uid, { hub, fieldManager: name, signal })
        return true
      },
    },
  })
}

/** Every application of the namespace. Throws Waiting while what is known of them may be old: on that nothing is deleted. */
async function readApplications(caches: Caches, namespace: string): Promise<readonly Application[]> {
  const cache = await caches.cache<Application>(applicationType, { namespace })
  if (cache.healthy) return cache.list()
  const why = cache.problem === undefined ? '' : `: ${cache.problem}`
  throw new Waiting({ code: 'hub-unreachable', message: `Applications cannot be read now${why}`, retryAfterMs: 2000 })
}

/** An application could not be written: told in the status, tried again with backoff. */
class ApplicationNotWritten extends CodedError {
  readonly reason: string
  constructor(failure: { reason: string; message: string; cause: unknown }) {
    super({ code: 'application-not-written', message: failure.message, cause: failure.cause })
    this.reason = failure.reason
  }
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
