import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import type { ClusterFacts } from '../../../services/model/service-dialect.js'
import { acceptAnnotation, acceptUnambiguous } from '../names.js'
import type { Report } from '../validation/report.js'
import { validateDestinationRule } from '../validation/validate-destination-rule.js'
import { validateServiceEntry } from '../validation/validate-service-entry.js'
import { validateWorkloadEntry } from '../validation/validate-workload-entry.js'

/** Where objects of Istio are: a cluster, or the hub. */
export interface Place {
  readonly name: string
  /** Undefined: the hub. */
  readonly cluster?: ClusterFacts
  objects(type: ResourceType, where?: { namespace?: string; name?: string }): readonly KubeObject[]
  namespace(name: string): KubeObject | undefined
}

const validators: Readonly<Record<string, ((object: KubeObject) => Report) | undefined>> = {
  DestinationRule: validateDestinationRule,
  ServiceEntry: validateServiceEntry,
  WorkloadEntry: validateWorkloadEntry,
}

const known = new WeakMap<KubeObject, Report>()

/** What Istio says of an object of one of its kinds; undefined for other kinds. Objects never change, so it is asked once. */
export function validateIstio(object: KubeObject): Report | undefined {
  let report = known.get(object)
  if (report === undefined && Object.hasOwn(validators, object.kind)) {
    report = validators[object.kind]!(object)
    known.set(object, report)
  }
  return report
}

/** Whether its author wants what Istio refuses applied as far as no error touches it. */
export function wantsUnambiguous(object: KubeObject, namespace: KubeObject | undefined): boolean {
  return [object, namespace].some((each) => each?.metadata.annotations?.[acceptAnnotation] === acceptUnambiguous)
}

/** Objects that Istio would refuse count only if that is wanted: where they got past it, it is not known what they do. */
export function isAccepted(object: KubeObject, place: Pick<Place, 'namespace'>): boolean {
  const report = validateIstio(object)
  return (
    report === undefined ||
    report.errors.length === 0 ||
    wantsUnambiguous(object, place.namespace(object.metadata.namespace ?? ''))
  )
}
