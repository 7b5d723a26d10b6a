import type { ListOptions } from '../../../kube/client/kube-client.js'
import { type KubeList, type KubeObject, keyOf, type ListMeta } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { ClusterStorage } from '../../storage/contract.js'
import { type Resource, storageKey, viewOf } from '../resource.js'
import { type ContinueToken, formatContinueToken, parseContinueToken } from './continue-token.js'
import { futureRevision, isExact, parseRevision, tooLarge, tooOld, validateListOptions } from './list-options.js'
import { scanAt } from './past-state.js'
import { compileSelection, type Selection } from './selection.js'

/** How many objects a selector looks at in one turn of the event loop. */
const turnObjects = 5000

/**
 * A list or one page of it. Pages of one list show one revision as long as the history has it; after that 410 comes with a
 * token that goes on in the newest state.
 */
export function listObjects(storage: ClusterStorage, resource: Resource, options: ListOptions): KubeList {
  const listing = listSteps(storage, resource, options)
  for (;;) {
    const step = listing.next()
    if (step.done) return step.value
  }
}

/** The same, of the moment of the call, with turns of the event loop between the parts of a long search. */
export async function listInTurns(storage: ClusterStorage, resource: Resource, options: ListOptions): Promise<KubeList> {
  const listing = listSteps(storage, resource, options)
  for (;;) {
    const step = listing.next()
    if (step.done) return step.value
    await new Promise<void>((turn) => setImmediate(turn))
  }
}

/** Has taken all that it needs of the storage when it yields. */
function* listSteps(storage: ClusterStorage, resource: Resource, options: ListOptions): Generator<void, KubeList> {
  validateListOptions(options, false)
  const selection = compileSelection(resource, options)
  // What any state will do for is given whole.
  const limit = options.resourceVersion === '0' && !options.continue ? 0 : (options.limit ?? 0)
  const { revision, after } = startOf(storage, options, limit)
  let items: KubeObject[] = []
  // Lists of custom resources always say that there is no more, if there is none.
  const metadata: ListMeta = { ...(resource.custom === undefined ? {} : { continue: '' }), resourceVersion: String(revision) }
  const prefix = selection.namespace === '' ? '' : `${selection.namespace}/`
  const whole = limit === 0 && after === '' && revision === storage.revision()
  const objects =
    single(storage, resource, selection, revision) ??
    (whole ? storage.all(resource.stored, prefix) : scanAt(storage, revision, resource.stored, prefix, after))
  if (objects === undefined) {
    if (!options.continue) throw tooOld(revision)
    throw statusErrors.expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
        'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing ' +
        'with the provided token results in an inconsistent list - objects that were created, modified, or deleted between ' +
        'the time the first chunk was returned and now may show up in the list.',
      formatContinueToken({ revision: -1, after }),
    )
  }
  let last: KubeObject | undefined
  let remaining = 0
  if (whole && Array.isArray(objects)) {
    const found: readonly KubeObject[] = objects
    const { matches } = selection
    if (matches === undefined && resource.conversion === undefined) items = [...found]
    else {
      for (const [index, object] of found.entries()) {
        if (matches === undefined || matches(object)) items.push(viewOf(resource, object))
        if (index % turnObjects === turnObjects - 1) yield
      }
    }
    return { apiVersion: resource.apiVersion, kind: `${resource.type.kind}List`, metadata, items }
  }
  for (const object of objects) {
    if (limit > 0 && items.length === limit) {
      remaining++
      // With selectors nobody is told how many remain, so one is enough to know that there are more.
      if (selection.matches !== undefined) break
      if (revision !== storage.revision()) continue
      remaining = storage.count(resource.stored, prefix, last && keyOf(last))
      break
    }
    // Upstream continues behind the last object that was looked at, which for a full page is the last one given.
    last = object
    if (selection.matches === undefined || selection.matches(object)) items.push(viewOf(resource, object))
  }
  if (remaining > 0) {
    metadata.continue = formatContinueToken({ revision, after: last === undefined ? '' : keyOf(last) })
    if (selection.matches === undefined) metadata.remainingItemCount = remaining
  }
  return { apiVersion: resource.apiVersion, kind: `${resource.type.kind}List`, metadata, items }
}

function startOf(storage: ClusterStorage, options: ListOptions, limit: number): ContinueToken {
  const current = storage.revision()
  if (options.continue) {
    if (options.resourceVersion && options.resourceVersion !== '0') {
      throw statusErrors.badRequest('specifying resource version is not allowed when using continue')
    }
    const token = parseContinueToken(options.continue)
    if (token.revision > current) throw tooLarge(token.revision, current)
    return token.revision === -1 ? { revision: current, after: token.after } : token
  }
  if (!options.resourceVersion || options.resourceVersion === '0') return { revision: current, after: '' }
  const wanted = parseRevision(options.resourceVersion)
  const exact = isExact({ ...options, limit })
  if (wanted > current) throw exact ? futureRevision() : tooLarge(wanted, current)
  return { revision: exact ? wanted : current, after: '' }
}

/** A selection of one name in the newest state needs no scan. */
function single(storage: ClusterStorage, resource: Resource, selection: Selection, revision: number): KubeObject[] | undefined {
  if (selection.name === undefined || revision !== storage.revision()) return undefined
  if (resource.type.namespaced && selection.namespace === '') return undefined
  const object = storage.get(resource.stored, storageKey(resource, selection.namespace, selection.name))
  return object === undefined ? [] : [object]
}
