import { setImmediate } from 'node:timers/promises'
import { createDynamicAdmission } from '../../../src/apiserver/admission/dynamic-admission.js'
import { createBootstrapLayer } from '../../../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../../../src/apiserver/storage/memory-storage.js'
import { createFaultyClient } from '../../../src/app/chaos/faulty-client.js'
import { hubUser } from '../../../src/app/fleet/embedded-api.js'
import { silentLog } from '../../../src/base/log.js'
import { createSeededRandom } from '../../../src/base/random.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import type { DeliveryRules, Desired } from '../../../src/delivery/federation/contract.js'
import { type CreatedMember, createMember, type MemberOptions } from '../../../src/delivery/federation/member/create-member.js'
import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import { builtInResources } from '../../../src/kube/schema/resources.js'

export const hubUid = '0f7c1f6e-5f3c-4d2e-9a56-1c7f2d1e0001'
export const plainRules: DeliveryRules = { existing: 'adopt', retain: [], onRemoval: 'delete' }

export function typeNamed(kind: string) {
  const found = builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))
  if (found === undefined) throw new Error(`no built-in kind ${kind}`)
  return found
}

export function desiredOf(object: KubeObject, rules: Partial<DeliveryRules> = {}, more: Partial<Desired> = {}): Desired {
  const id = `test/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`
  return { id, object, rules: { ...plainRules, ...rules }, ...more }
}

/** One embedded cluster in memory and what the federation's members need, under virtual time. */
export async function createMemberWorld() {
  const random = createSeededRandom(7)
  const turn = async () => {
    for (let count = 0; count < 4; count++) await setImmediate()
  }
  const clock = new VirtualClock({ idle: turn })
  const clusters = createLogicalClusters({
    storage: createMemoryStorage({ base: createBootstrapLayer(clock.now()), freeze: true }),
    ports: { clock, random, log: silentLog },
    policies: createDynamicAdmission({ clock }).policies,
  })
  const cluster = await clusters.ensure('east')
  const client = cluster.client({ user: hubUser, name: 'east' })
  const { client: faulty, faults } = createFaultyClient(
    client,
    () => random.number(),
    (delayMs, run) => void clock.after(delayMs, run),
  )
  const stopping = new AbortController()
  const open = (options: Partial<MemberOptions> = {}): CreatedMember =>
    createMember({
      cluster: 'east',
      client: faulty,
      hub: hubUid,
      clock,
      random,
      log: silentLog,
      signal: stopping.signal,
      ...options,
    })
  const settle = async (seconds = 3) => {
    await clock.advance(seconds * 1000)
  }
  return {
    clock,
    client,
    faults,
    open,
    settle,
    stop: () => stopping.abort(),
    get: (kind: string, name: string, namespace = 'default') => {
      const type = typeNamed(kind)
      return client.get({ type, name, ...(type.namespaced ? { namespace } : {}) }).catch(() => undefined)
    },
    patch: (kind: string, name: string, body: unknown) =>
      client.patch({ type: typeNamed(kind), name, namespace: 'default' }, { kind: 'merge', body }, { fieldManager: 'somebody' }),
  }
}
