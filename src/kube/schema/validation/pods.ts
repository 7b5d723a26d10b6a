import { cloneJson, equalJson } from '../../../base/json.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { goDiff } from './go-values/go-diff.js'
import { goValue } from './go-values/go-value.js'
import { checkPodAnnotations, checkPodAnnotationsUpdate } from './pod-annotations.js'
import { checkPodSpec } from './pod-spec.js'

export function checkPod(pod: Members, to: Findings): void {
  checkPodAnnotations(pod, to)
  checkPodSpec(membersOf(pod['spec']), 'spec', to)
}

export function checkNewPod(pod: Members, to: Findings): void {
  checkPod(pod, to)
  if (listOf(membersOf(pod['spec'])['ephemeralContainers']).length > 0) {
    to.forbidden('spec.ephemeralContainers', 'cannot be set on create')
  }
}

const mayChange =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** Of a Pod that runs only a few things may change. */
export function checkPodUpdate(pod: Members, old: Members, to: Findings): void {
  checkPod(pod, to)
  checkPodAnnotationsUpdate(pod, old, to)
  const spec = membersOf(pod['spec'])
  const before = membersOf(old['spec'])
  for (const key of ['containers', 'initContainers']) {
    if (listOf(spec[key]).length !== listOf(before[key]).length) {
      to.forbidden(`spec.${key}`, 'pod updates may not add or remove containers')
      return
    }
    checkImages(structsOf(spec[key]), `spec.${key}`, to)
  }
  if (!checkDeadline(spec, before, to)) return
  checkTolerationsUpdate(spec, before, to)
  const gated = listOf(before['schedulingGates']).length > 0
  // Gates may only go, one by one.
  for (const [index, gate] of structsOf(spec['schedulingGates']).entries()) {
    if (listOf(before['schedulingGates']).some((one) => equalJson(one, gate))) continue
    const text = `only deletion is allowed, but found new scheduling gate '${textOf(gate['name'])}'`
    to.forbidden(`spec.schedulingGates[${index}].name`, text)
  }
  const kept = comparable(spec, before, gated)
  const keptBefore = comparable(before, before, gated)
  if (equalJson(kept, keptBefore)) return
  const difference = goDiff(goValue('core.PodSpec', before), goValue('core.PodSpec', withoutAllowed(spec, before, gated)))
  to.forbidden('spec', `${mayChange}\n${difference}`)
}

/** The spec with what may change as it was: what is left says why it is refused. */
function withoutAllowed(spec: Members, before: Members, gated: boolean): Members {
  const munged = cloneJson(spec)
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates', ...(gated ? ['nodeSelector', 'affinity'] : [])]) {
    munged[key] = before[key]
  }
  for (const key of ['containers', 'initContainers']) {
    const images = structsOf(before[key]).map(({ image }) => image)
    for (const [index, container] of structsOf(munged[key]).entries()) container['image'] = images[index]
  }
  if (munged['terminationGracePeriodSeconds'] === 1 && numberOf(before['terminationGracePeriodSeconds']) < 0) {
    munged['terminationGracePeriodSeconds'] = before['terminationGracePeriodSeconds']
  }
  return munged
}

/** Images are looked at once more, as what may change. */
function checkImages(containers: readonly Members[], field: string, to: Findings): void {
  for (const [index, container] of containers.entries()) {
    const image = textOf(container['image'])
    const at = `${field}[${index}].image`
    if (image === '') to.required(at)
    else if (image.trim() !== image) to.invalid(at, image, 'must not have leading or trailing whitespace')
  }
}

/** False: nothing else is looked at. */
function checkDeadline(spec: Members, before: Members, to: Findings): boolean {
  const now = spec['activeDeadlineSeconds']
  const then = before['activeDeadlineSeconds']
  const field = 'spec.activeDeadlineSeconds'
  if (!isSet(then)) return true
  if (!isSet(now)) to.invalid(field, null, 'must not update from a positive integer to nil value')
  else if (numberOf(now) > numberOf(then)) {
    to.invalid(field, now, 'must be less than or equal to previous value')
    return false
  }
  return true
}

function checkTolerationsUpdate(spec: Members, before: Members, to: Findings): void {
  const essence = ({ tolerationSeconds: _, ...rest }: Members) => rest
  const now = structsOf(spec['tolerations']).map(essence)
  const isKept = (toleration: Members) => now.some((one) => equalJson(one, essence(toleration)))
  if (!structsOf(before['tolerations']).every(isKept)) {
    to.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')
  }
}

/** The spec without what may change. */
function comparable(spec: Members, before: Members, gated: boolean): Members {
  const copy = cloneJson(spec)
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) delete copy[key]
  for (const key of ['containers', 'initContainers']) for (const container of structsOf(copy[key])) delete container['image']
  if (copy['terminationGracePeriodSeconds'] === 1 && numberOf(before['terminationGracePeriodSeconds']) < 0) {
    copy['terminationGracePeriodSeconds'] = before['terminationGracePeriodSeconds']
  }
  if (gated) {
    delete copy['nodeSelector']
    delete copy['affinity']
  }
  return copy
}
