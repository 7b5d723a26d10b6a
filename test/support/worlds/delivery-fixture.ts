import { setImmediate } from 'node:timers/promises'
import { silentLog } from '../../../src/base/log.js'
import { createSeededRandom } from '../../../src/base/random.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import type { Delivery, SyncOptions, SyncOutcome, SyncRequest, SyncRun, Tracking } from '../../../src/delivery/delivery.js'
import type { Directives } from '../../../src/delivery/directives.js'
import type { DeliveryClusters } from '../../../src/delivery/engine/clusters.js'
import { createDeliveries } from '../../../src/delivery/engine/deliveries.js'
import { argoDirectives } from '../../../src/dialects/argo-cd/application/directives.js'
import { groupOf, type KubeObject } from '../../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../../src/kube/object/resource-type.js'
import { builtInSchemas } from '../../../src/kube/schema/built-in.js'
import { builtInResources } from '../../../src/kube/schema/resources.js'
import { FakeKubeClient } from '../fakes/fake-kube-client.js'

export function typeOf(kind: string): ResourceType {
  const found = builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))
  if (found === undefined) throw new Error(`no built-in kind ${kind}`)
  return found
}

/** The words that objects of these tests are written in. */
export const directives = argoDirectives

const marked = 'argocd.argoproj.io/tracking-id'

export function trackingFor(app: string): Tracking {
  const value = (object: KubeObject) =>
    `${app}:${groupOf(object.apiVersion)}/${object.kind}:${object.metadata.namespace ?? ''}/${object.metadata.name}`
  return {
    annotation: marked,
    value,
    owner: (text) => (text.includes(':') ? text.slice(0, text.indexOf(':')) : undefined),
    mark: (object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [marked]: value(object) } },
    }),
  }
}

export const plainOptions: SyncOptions = {
  createNamespace: false,
  pruneLast: false,
  applyOutOfSyncOnly: false,
  serverSideApply: false,
  replace: false,
  force: false,
  failOnSharedResource: false,
  respectIgnoreDifferences: false,
  skipDryRunOnMissingResource: false,
  prunePropagation: 'background',
}

export function configMap(name: string, data: Record<string, string> = {}, annotations: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, data }
}

/** Clusters of fakes with an engine over them, in virtual time. */
export function createDeliveryFixture(
  options: { clusters?: readonly string[]; types?: readonly ResourceType[]; directives?: Directives } = {},
) {
  const clock = new VirtualClock({ idle: settle })
  const types = options.types ?? ['Namespace', 'ConfigMap', 'Secret', 'Deployment', 'Job', 'Service'].map(typeOf)
  const clients = new Map((options.clusters ?? ['east']).map((name) => [name, new FakeKubeClient({ name, types })]))
  const health = new Map<string, 'Healthy' | 'Unknown'>()
  const listeners = new Set<(change: { name: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void>()
  const inventory: DeliveryClusters = {
    find: ({ name }) => (clients.has(name) ? { name, namespaces: [], clusterResources: true } : undefined),
    state: (name) => ({ health: health.get(name) ?? 'Healthy', reason: 'Probe', message: 'it does not answer' }),
    client: (name) => clients.get(name)!,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const deliveries = createDeliveries({
    inventory,
    directives: options.directives ?? directives,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    schemas: builtInSchemas,
  })
  const changes: string[] = []
  deliveries.onChange(({ cluster, owner }) => changes.push(`${cluster}/${owner ?? '*'}`))

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await setImmediate()
  }

  let digests = 0
  const delivery = (app: string, objects: readonly KubeObject[], more: Partial<Delivery> = {}): Delivery => ({
    id: `test/${app}`,
    cluster: 'east',
    namespace: 'shop',
    objects,
    digest: `digest${++digests}`,
    tracking: trackingFor(app),
    ignoreDifferences: [],
    ...more,
  })

  /** Passes until the sync is over, moving the clock as it asks; at most `passes`. */
  async function sync(
    of: Delivery,
    request: Partial<Omit<SyncRequest, 'options'>> & { options?: Partial<SyncOptions> } = {},
    passes = 40,
  ) {
    const run: SyncRun = { startedAt: clock.now(), results: [] }
    let outcome: SyncOutcome = { phase: 'Running', message: '', results: [] }
    for (let pass = 0; pass < passes && outcome.phase === 'Running'; pass++) {
      outcome = await deliveries.sync(
        of,
        { prune: true, dryRun: false, ...request, options: { ...plainOptions, ...request.options } },
        run,
      )
      run.results = outcome.results
      if (outcome.phase === 'Running') await clock.advance(Math.max(0, (outcome.recheckAt ?? clock.now() + 500) - clock.now()))
    }
    await settle()
    return outcome
  }

  return {
    clock,
    deliveries,
    delivery,
    sync,
    settle,
    changes,
    client: (name = 'east') => clients.get(name)!,
    setHealth(name: string, now: 'Healthy' | 'Unknown') {
      health.set(name, now)
      for (const listener of listeners) listener({ name, what: 'health' })
    },
    leave(name: string) {
      clients.delete(name)
      for (const listener of listeners) listener({ name, what: 'left' })
    },
  }
}
