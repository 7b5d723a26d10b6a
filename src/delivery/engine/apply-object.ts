import { messageOf } from '../../base/errors.js'
import { cloneJson } from '../../base/json.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isAlreadyExists, isConflict, isNotFound, StatusError } from '../../kube/object/status-error.js'
import type { ObjectDirectives } from '../directives.js'
import type { ClusterView } from './cluster-view.js'
import { type DesiredEntry, fieldManager } from './desired-entry.js'

/** What became of one write. */
export type Applied =
  | { readonly kind: 'applied'; readonly message: string; readonly object: KubeObject }
  /** It was deleted to be made anew and is not gone yet. */
  | { readonly kind: 'replacing'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

export interface ApplyOptions {
  /** What the object itself asks for. */
  readonly directives: ObjectDirectives
  readonly dryRun: boolean
  readonly replace: boolean
  readonly force: boolean
  readonly serverSideApply: boolean
  /** Values of ignored fields stay as they are on the cluster. */
  readonly respectIgnoreDifferences: boolean
  /** For messages: whether the object is there already. */
  readonly existed: boolean
}

/** Brings one object to the cluster. Failures of the object are results; a cluster that does not answer throws. */
export async function applyObject(
  view: ClusterView,
  type: ResourceType,
  object: KubeObject,
  entry: DesiredEntry | undefined,
  options: ApplyOptions,
): Promise<Applied> {
  const { directives } = options
  const replace = options.replace || directives.replace
  const force = options.force || directives.force
  const serverSide = options.serverSideApply || directives.serverSideApply
  const where = { type, name: object.metadata.name, ...(type.namespaced ? { namespace: object.metadata.namespace ?? '' } : {}) }
  const label = `${labelOf(object)}`
  const suffix = options.dryRun ? ' (dry run)' : ''
  const fieldValidation = directives.skipValidation ? 'Ignore' : 'Strict'
  const write = { fieldManager, dryRun: options.dryRun, fieldValidation } as const

  const read = () =>
    view
      .request((signal) => view.client.get(where, { signal }))
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })

  const done = (result: KubeObject, verb: string): Applied => ({
    kind: 'applied',
    message: `${label} ${verb}${suffix}`,
    object: result,
  })

  async function apply(): Promise<Applied> {
    let desired = object
    if (options.respectIgnoreDifferences && entry?.ignored) {
      const live = await read()
      if (live) desired = entry.ignored.keepLive(object, live)
    }
    const result = await view.request((signal) =>
      view.client.patch(where, { kind: 'apply', object: desired }, { ...write, force: true, signal }),
    )
    return done(result, serverSide ? 'serverside-applied' : options.existed ? 'configured' : 'created')
  }

  /** As `kubectl replace`, or `create` when it is not there. */
  async function put(): Promise<Applied> {
    for (let attempt = 0; ; attempt++) {
      const live = await read()
      try {
        if (live === undefined)
          return done(await view.request((signal) => view.client.create(type, object, { ...write, signal })), 'created')
        const { resourceVersion } = live.metadata
        const next = { ...cloneJson(object), metadata: { ...object.metadata, resourceVersion } } as KubeObject
        return done(await view.request((signal) => view.client.update(type, next, { ...write, signal })), 'replaced')
      } catch (error) {
        if (attempt < 3 && (isConflict(error) || isAlreadyExists(error) || isNotFound(error))) continue
        throw error
      }
    }
  }

  /** Deletes so that it can be made anew: for changes of fields that may not change. */
  async function recreate(): Promise<Applied> {
    const live = await read()
    if (live !== undefined) {
      await view
        .request((signal) =>
          view.client.delete(where, {
            propagationPolicy: 'Background',
            ...(live.metadata.uid ? { preconditions: { uid: live.metadata.uid } } : {}),
            signal,
          }),
        )
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      if ((await read()) !== undefined) return { kind: 'replacing', message: `${label} is being deleted to be made anew` }
    }
    const created = await view.request((signal) => view.client.create(type, object, { ...write, signal }))
    return done(created, 'replaced')
  }

  try {
    return replace ? await put() : await apply()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    if (force && !options.dryRun && (error.reason === 'Invalid' || isConflict(error))) {
      try {
        return await recreate()
      } catch (again) {
        if (!(again instanceof StatusError)) throw again
        return { kind: 'failed', message: messageOf(again) }
      }
    }
    if (error.httpCode === 429 || error.httpCode === 503) throw error
    return { kind: 'failed', message: messageOf(error) }
  }
}

/** `deployment.apps/web`, as kubectl prints it. */
export function labelOf(object: KubeObject): string {
  const group = groupOf(object.apiVersion)
  return `${object.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${object.metadata.name}`
}
