import { equalJson } from '../../../base/json.js'
import { compareQuantities } from '../../object/quantity.js'
import { quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { goDiff } from './go-values/go-diff.js'
import { goValue } from './go-values/go-value.js'
import { checkPodSpec } from './pod-spec.js'
import { qosClassOf } from './qos-class.js'
import { quantityOf } from './resource-requirements.js'

/** Writes to pods/ephemeralcontainers: containers come, none changes and none goes. */
export function checkEphemeralUpdate(pod: Members, old: Members, to: Findings): void {
  checkPodSpec(membersOf(pod['spec']), 'spec', to)
  const field = 'spec.ephemeralContainers'
  const now = structsOf(membersOf(pod['spec'])['ephemeralContainers'])
  for (const before of structsOf(membersOf(old['spec'])['ephemeralContainers'])) {
    const name = quote(textOf(before['name']))
    const match = now.findLast((container) => container['name'] === before['name'])
    if (match === undefined) to.forbidden(field, `existing ephemeral containers ${name} may not be removed\n`)
    else if (!equalJson(match, before)) {
      const type = 'core.EphemeralContainer'
      const difference = goDiff(goValue(type, before), goValue(type, match))
      to.forbidden(field, `existing ephemeral containers ${name} may not be changed\n${difference}`)
    }
  }
}

/** Writes to pods/resize. Reference: ValidatePodResize of k8s.io/kubernetes/pkg/apis/core/validation. */
export function checkResize(pod: Members, old: Members, to: Findings): void {
  const spec = membersOf(pod['spec'])
  const before = membersOf(old['spec'])
  checkPodSpec(spec, 'spec', to)
  if (isSet(membersOf(membersOf(old['metadata'])['annotations'])['kubernetes.io/config.mirror'])) {
    to.causes.length = 0
    to.forbidden('', 'static pods cannot be resized')
    return
  }
  if (membersOf(before['os'])['name'] === 'windows') {
    to.causes.length = 0
    to.forbidden('', 'windows pods cannot be resized')
    return
  }
  if (qosClassOf(old) !== qosClassOf(pod)) {
    const qosClass = textOf(membersOf(old['status'])['qosClass'])
    to.invalid('spec', qosClass, 'Pod QOS Class may not change as a result of resizing')
  }
  if (!checkOrder(spec, before, to)) return
  for (const [key, list] of Object.entries({
    initContainers: structsOf(before['initContainers']),
    containers: structsOf(before['containers']),
  })) {
    for (const [index, container] of list.entries()) {
      if (key === 'initContainers' && container['restartPolicy'] !== 'Always') continue
      checkContainerResize(structsOf(spec[key])[index] ?? {}, container, `spec.${key}[${index}].resources`, to)
    }
  }
  for (const [index, container] of structsOf(spec['containers']).entries()) {
    const match = structsOf(before['containers'])[index] ?? {}
    if (!equalButCompute(container, match)) to.forbidden('spec', 'only cpu and memory resources are mutable')
  }
  for (const [index, container] of structsOf(spec['initContainers']).entries()) {
    const match = structsOf(before['initContainers'])[index] ?? {}
    if (container['restartPolicy'] === 'Always') {
      const text = 'only cpu and memory resources for sidecar containers are mutable'
      if (!equalButCompute(container, match)) to.forbidden('spec', text)
    } else if (!equalJson(container, match)) {
      to.forbidden('spec', 'resources for non-sidecar init containers are immutable')
    }
  }
}

function checkOrder(spec: Members, before: Members, to: Findings): boolean {
  let same = true
  for (const key of ['containers', 'initContainers']) {
    const now = listOf(spec[key])
    const then = structsOf(before[key])
    if (now.length !== then.length) {
      same = false
      to.forbidden(`spec.${key}`, `${key} may not be added or removed on resize`)
      continue
    }
    for (const [index, container] of then.entries()) {
      if (membersOf(now[index])['name'] === container['name']) continue
      same = false
      to.forbidden(`spec.${key}[${index}].name`, `${key} may not be renamed or reordered on resize`)
    }
  }
  return same
}

function checkContainerResize(container: Members, before: Members, at: string, to: Findings): void {
  const now = membersOf(container['resources'])
  const then = membersOf(before['resources'])
  for (const key of ['requests', 'limits']) {
    const gone = Object.keys(membersOf(then[key])).some((name) => !isSet(membersOf(now[key])[name]))
    if (gone) to.forbidden(`${at}.${key}`, `resource ${key} cannot be removed`)
  }
  const policy = structsOf(container['resizePolicy']).find(({ resourceName }) => resourceName === 'memory')
  if (policy?.['restartPolicy'] === 'RestartContainer') return
  const limit = quantityOf(membersOf(now['limits'])['memory'])
  const had = quantityOf(membersOf(then['limits'])['memory'])
  if (limit === undefined || (had !== undefined && compareQuantities(limit, had) >= 0)) return
  const verb = had === undefined ? 'added' : 'decreased'
  to.forbidden(`${at}.limits[memory]`, `memory limits cannot be ${verb} unless resizePolicy is RestartContainer`)
}

/** Equal but for cpu and memory, and for what may be resized how. */
function equalButCompute(container: Members, before: Members): boolean {
  const essence = (of: Members) => {
    const { resources, ...rest } = of
    const { requests, limits, ...others } = membersOf(resources)
    const other = (list: unknown) => {
      const { cpu: _, memory: __, ...kept } = membersOf(list)
      return kept
    }
    return { rest, others, requests: other(requests), limits: other(limits) }
  }
  return equalJson(essence(container), essence(before))
}
