import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isNotFound, StatusError } from '../../../kube/object/status-error.js'
import type { ClusterApi } from '../../contract.js'
import type { ClusterStorage } from '../../storage/contract.js'

/**
 * The same verbs, whose answers wait until what they tell of is durable. Changes are visible in memory before the disk has them;
 * a crash in between takes them back, and gives their revisions to others: nobody may have heard of them by then. What is durable
 * already (nearly everything that is read) is answered at once.
 */
export function withDurableAnswers(api: ClusterApi, storage: ClusterStorage): ClusterApi {
  /** Waits for the state that the object was read from. An object without a revision of the storage needs nothing. */
  const afterObject = <T>(object: KubeObject, result: T): T | Promise<T> => {
    const waiting = storage.durable(Number(object.metadata?.resourceVersion ?? 0))
    return waiting === undefined ? result : waiting.then(() => result)
  }
  /** That something is not there, is there already or has changed is told of the newest state. */
  const failed = async (error: unknown): Promise<never> => {
    if (isNotFound(error) || (error instanceof StatusError && error.status.code === 409)) {
      await storage.durable(storage.revision())
    }
    throw error
  }
  /** When what was read will never be durable it has been undone by now, and what is there instead is. */
  const reading = async <T extends { readonly metadata: { readonly resourceVersion?: string } }>(read: () => Promise<T>) => {
    for (;;) {
      let found: T | undefined
      let missing: unknown
      try {
        found = await read()
      } catch (error) {
        if (!isNotFound(error)) throw error
        missing = error
      }
      try {
        await storage.durable(found === undefined ? storage.revision() : Number(found.metadata.resourceVersion ?? 0))
      } catch {
        continue
      }
      if (found === undefined) throw missing
      return found
    }
  }
  const written = (result: Promise<{ object: KubeObject; created: boolean }>) =>
    result.then((outcome) => afterObject(outcome.object, outcome), failed)
  return {
    version: api.version,
    get schemas() {
      return api.schemas
    },
    catalogue: () => api.catalogue(),
    get: (context, target, options) => reading(() => api.get(context, target, options)),
    list: (context, type, options) => reading(() => api.list(context, type, options)),
    watch: (context, type, options, sink) => api.watch(context, type, options, sink),
    create: (context, target, object, options) =>
      api.create(context, target, object, options).then((created) => afterObject(created, created), failed),
    update: (context, target, object, options) => written(api.update(context, target, object, options)),
    patch: (context, target, patch, options) => written(api.patch(context, target, patch, options)),
    delete: (context, target, options) =>
      api.delete(context, target, options).then((outcome) => afterObject(outcome.object, outcome), failed),
    deleteCollection: (context, type, list, options) =>
      api.deleteCollection(context, type, list, options).then(async (found) => {
        await storage.durable(Number(found.metadata.resourceVersion ?? 0))
        return found
      }),
    connect: (context, target, options) => api.connect(context, target, options),
  }
}
