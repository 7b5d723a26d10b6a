import { formatTime } from '../../base/clock.js'
import type { HubFacts, HubWrite, Outcome } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { buildBinding } from './binding/build-binding.js'
import { bindingNameFor } from './binding/read-binding.js'
import { type Fields, objectsAt, textAt } from './fields.js'
import { bindingTypeFor, refOf } from './hub-kinds.js'
import type { Interpreter } from './interpreter/interpreter.js'
import { annotations } from './names.js'
import type { ReadTemplate } from './read-source.js'
import { claimMetadata, claimPatch } from './template/claim.js'

/** The claim on the template, its binding and its status. */
export function reportSource(
  source: KubeObject,
  read: ReadTemplate,
  outcome: Outcome | undefined,
  hub: HubFacts,
  interpreter: Interpreter,
): HubWrite[] {
  const ref = refOf(source, hub)
  if (ref === undefined) return []
  const writes: HubWrite[] = []
  const { holder } = read
  const claim = holder && claimPatch(source, holder)
  if (claim !== undefined) writes.push({ write: 'object', ref, patch: { metadata: claim } })
  if (outcome === undefined) return writes
  const bindingRef = {
    type: bindingTypeFor(ref.namespace),
    namespace: ref.namespace,
    name: bindingNameFor(source, hub),
  }
  if (holder === undefined && read.requirers.length === 0) {
    // Nothing needs it any more; the binding goes once the copies are gone.
    if (outcome.clusters.length === 0 && read.binding !== undefined) writes.push({ write: 'delete', ref: bindingRef })
    return writes
  }
  const { object, status } = buildBinding({
    source,
    name: bindingRef.name,
    present: read.binding,
    outcome,
    interpreter,
    nowMs: hub.nowMs,
    ...(holder === undefined ? {} : { claim: claimMetadata(holder) }),
    policySpec: holder === undefined ? followed(read.policySpec) : read.policySpec,
    notes: notesOf(source, read, interpreter),
    requirers: read.requirers,
    ...(read.own === undefined ? {} : { own: read.own }),
    ...(read.rebalanceAsked === undefined ? {} : { rebalanceAsked: read.rebalanceAsked }),
    fresh: read.previous.fresh === true,
    ...(read.paused === undefined ? {} : { paused: read.paused }),
  })
  writes.push({ write: 'apply', ref: bindingRef, object, status })
  const items = objectsAt(status, 'aggregatedStatus').map((item) => ({
    cluster: textAt(item, 'clusterName'),
    ...(item['status'] === undefined ? {} : { status: item['status'] as Fields }),
  }))
  const aggregated = interpreter.aggregate(source, items, formatTime(hub.nowMs))
  if (aggregated !== undefined) writes.push({ write: 'status', ref, patch: { status: aggregated } })
  return writes
}

/** Of the binding of what needs an object, that which holds for the object, too. */
function followed(spec: Fields): Fields {
  const { conflictResolution, preserveResourcesOnDeletion, schedulerName } = spec
  return { conflictResolution, preserveResourcesOnDeletion, schedulerName }
}

function notesOf(source: KubeObject, read: ReadTemplate, interpreter: Interpreter): Record<string, string> {
  const notes: Record<string, string> = {}
  if (read.policySpec['propagateDeps'] === true && read.holder !== undefined) {
    const list = interpreter.dependencies(source)
    if (list.length > 0) notes[annotations.dependencies] = JSON.stringify(list)
  }
  if (read.digest !== undefined) notes[annotations.activeTemplate] = read.digest
  return notes
}
