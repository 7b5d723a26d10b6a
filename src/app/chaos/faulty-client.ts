import { CodedError } from '../../base/errors.js'
import type { KubeClient, WatchOptions } from '../../kube/client/kube-client.js'
import type { KubeObject, WatchEvent } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** What is wrong with the way to a cluster right now. */
export interface Faults {
  /** Nothing gets through; open watches break. */
  cut(): void
  heal(): void
  readonly isCut: boolean
  /** Each call fails with this probability (0..1) although the way is open; a write may have been done or not. */
  errorRate: number
  /** Milliseconds that each call takes longer. */
  latencyMs: number
}

/** A client whose network can be cut and mended, and that fails by chance if told to. */
export function createFaultyClient(
  inner: KubeClient,
  random: () => number,
  after?: (delayMs: number, run: () => void) => void,
): { client: KubeClient; faults: Faults } {
  let cut = false
  const breakers = new Set<() => void>()
  const faults: Faults = {
    cut() {
      cut = true
      for (const breaker of [...breakers]) breaker()
    },
    heal() {
      cut = false
    },
    get isCut() {
      return cut
    },
    errorRate: 0,
    latencyMs: 0,
  }
  const unreachable = () =>
    new CodedError({
      code: 'cluster-unreachable',
      message: `${inner.name} does not answer: connection reset`,
      fix: 'Check the network.',
    })

  /** Half of the failures lose the request, half the answer. */
  async function through<T>(call: () => Promise<T>): Promise<T> {
    if (cut) throw unreachable()
    const { latencyMs } = faults
    if (latencyMs > 0 && after !== undefined) await new Promise<void>((resolve) => after(latencyMs, resolve))
    if (cut) throw unreachable()
    const fails = faults.errorRate > 0 && random() < faults.errorRate
    if (fails && random() < 0.5) throw unreachable()
    const answer = await call()
    if (fails || cut) throw unreachable()
    return answer
  }

  async function* watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    if (cut) throw unreachable()
    const controller = new AbortController()
    const outer = options.signal
    const abort = () => controller.abort(outer?.reason)
    outer?.addEventListener('abort', abort, { once: true })
    const breaker = () => controller.abort(unreachable())
    breakers.add(breaker)
    try {
      for await (const event of inner.watch<T>(type, { ...options, signal: controller.signal })) {
        if (cut) throw unreachable()
        yield event
      }
      if (cut) throw unreachable()
    } finally {
      breakers.delete(breaker)
      outer?.removeEventListener('abort', abort)
    }
  }

  const client: KubeClient = {
    name: inner.name,
    get: (target, options) => through(() => inner.get(target, options)),
    list: (type, options) => through(() => inner.list(type, options)),
    watch,
    create: (type, object, options) => through(() => inner.create(type, object, options)),
    update: (type, object, options) => through(() => inner.update(type, object, options)),
    patch: (target, patch, options) => through(() => inner.patch(target, patch, options)),
    delete: (target, options) => through(() => inner.delete(target, options)),
    resources: (options) => through(() => inner.resources(options)),
    version: (options) => through(() => inner.version(options)),
    raw: (method, path, options) => through(() => inner.raw(method, path, options)),
    close: () => inner.close(),
  }
  return { client, faults }
}
