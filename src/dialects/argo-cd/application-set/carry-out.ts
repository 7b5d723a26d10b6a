import { messageOf } from '../../../base/errors.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { isAlreadyExists, isConflict, isNotFound } from '../../../kube/object/status-error.js'
import type { Application } from '../kinds/application.js'
import { applicationType } from '../kinds/resource-types.js'
import type { ApplicationSetDecision } from './decide-application-set.js'
import { resourcesFinalizer } from './render-application.js'

export interface CarriedOut {
  /** New and changed applications as the server has them now. */
  readonly written: readonly Application[]
  readonly deleted: readonly Application[]
  readonly failures: readonly { readonly reason: string; readonly message: string; readonly cause: unknown }[]
  /** Someone else was faster somewhere: what was decided on is out of date, look again. */
  readonly outdated: boolean
}

export interface CarryOutContext {
  readonly hub: KubeClient
  readonly fieldManager: string
  readonly signal: AbortSignal
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** Writes under way at a time for one ApplicationSet. */
const concurrency = 8

/**
 * Creates, updates and deletes what was decided, in this order: what has moved to another name is there before the old one
 * goes. One failure stops nothing else, but nothing is deleted after one, nor after a sign that the decision is out of date.
 */
export async function carryOut(decision: ApplicationSetDecision, context: CarryOutContext): Promise<CarriedOut> {
  const { hub, fieldManager, signal, event } = context
  const written: Application[] = []
  const deleted: Application[] = []
  const failures: { reason: string; message: string; cause: unknown }[] = []
  let outdated = false

  async function attempt(reason: string, application: Application, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (cause) {
      signal.throwIfAborted()
      if (isConflict(cause) || isAlreadyExists(cause) || isNotFound(cause)) outdated = true
      else failures.push({ reason, message: `application ${application.metadata.name}: ${messageOf(cause)}`, cause })
    }
  }
  const said = (verb: string, application: Application) =>
    event('Normal', verb, `${verb} Application "${application.metadata.name}"`)

  await inTurns(decision.create, (application) =>
    attempt('CreateApplicationError', application, async () => {
      written.push(await hub.create(applicationType, application, { fieldManager, signal }))
      said('created', application)
    }),
  )
  await inTurns(decision.update, ({ live, patch }) =>
    attempt('UpdateApplicationError', live, async () => {
      const metadata = patch['metadata'] as Record<string, unknown> | undefined
      // Lists are replaced as a whole: not over an entry that someone has added meanwhile.
      const guarded = metadata !== undefined && ('finalizers' in metadata || 'ownerReferences' in metadata)
      const body = guarded ? { ...patch, metadata: { ...metadata, resourceVersion: live.metadata.resourceVersion } } : patch
      written.push(await hub.patch(targetOf(live), { kind: 'merge', body }, { fieldManager, signal }))
      said('updated', live)
    }),
  )
  // What should take the place of a deleted application may be what could not be written.
  const deletions = failures.length === 0 && !outdated ? decision.delete : []
  await inTurns(deletions, ({ application, dropsResourcesFinalizer }) =>
    attempt('DeleteApplicationError', application, async () => {
      if (dropsResourcesFinalizer) {
        const finalizers = (application.metadata.finalizers ?? []).filter((name) => name !== resourcesFinalizer)
        const metadata = { finalizers, resourceVersion: application.metadata.resourceVersion }
        await hub.patch(targetOf(application), { kind: 'merge', body: { metadata } }, { fieldManager, signal })
      }
      const preconditions = application.metadata.uid === undefined ? undefined : { uid: application.metadata.uid }
      await hub.delete(targetOf(application), { propagationPolicy: 'Background', preconditions, signal })
      deleted.push(application)
      said('deleted', application)
    }),
  )
  return { written, deleted, failures, outdated }
}

/** An ApplicationSet goes but its applications are to stay: they belong to nobody from now on. */
export async function releaseApplications(
  applications: readonly Application[],
  ownerUid: string | undefined,
  context: Pick<CarryOutContext, 'hub' | 'fieldManager' | 'signal'>,
): Promise<void> {
  const { hub, fieldManager, signal } = context
  await inTurns(applications, async (application) => {
    const ownerReferences = (application.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== ownerUid)
    const body = { metadata: { ownerReferences, resourceVersion: application.metadata.resourceVersion } }
    try {
      await hub.patch(targetOf(application), { kind: 'merge', body }, { fieldManager, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
}

function targetOf(application: Application) {
  return { type: applicationType, namespace: application.metadata.namespace, name: application.metadata.name }
}

async function inTurns<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
}
