import type { KubeDocument } from '../model/document.js'
import type { FleetModel, ObjectReference } from '../model/fleet-model.js'
import { applicationOf } from './application-of.js'
import { isMisspelling } from './misspelling.js'

/** Why an object that is referred to is taken to be missing. */
export interface Missing {
  /** `live`: its cluster was read and does not have it. `near`: the same application has one of nearly that name. */
  readonly reason: 'live' | 'near'
  readonly near?: KubeDocument
}

/** Answers whether what an object refers to is there, and says no only where that is certain. */
export class MissingObjects {
  readonly #model: FleetModel
  readonly #byApplication = new Map<string, KubeDocument[]>()
  readonly #live = new Map<string, KubeDocument[]>()
  readonly #made: ReadonlySet<string>

  constructor(model: FleetModel) {
    this.#model = model
    this.#made = new Set(madeByOthers(model))
    for (const object of model.objects) {
      const key = `${object.kind}.${object.group}|`
      const where = object.written === undefined ? this.#live : this.#byApplication
      const place = object.written === undefined ? (object.cluster ?? '') : applicationOf(object)
      const known = where.get(key + place)
      if (known === undefined) where.set(key + place, [object])
      else known.push(object)
    }
  }

  /** Undefined unless the object that is meant is certainly not there. */
  find(reference: ObjectReference, from: KubeDocument): Missing | undefined {
    const { group, kind, name } = reference
    if (name === '' || this.#made.has(`${kind}/${name}`)) return undefined
    if (this.#model.find(reference, from).length > 0) return undefined
    if (from.written === undefined) {
      const read = this.#live.get(`${kind}.${group}|${from.cluster ?? ''}`)
      if (read === undefined) return undefined
      const near = read.find((each) => each.namespace === reference.namespace && isMisspelling(each.name, name))
      return { reason: 'live', ...(near === undefined ? {} : { near }) }
    }
    const given = this.#byApplication.get(`${kind}.${group}|${applicationOf(from)}`) ?? []
    const near = given.find(
      (each) =>
        isMisspelling(each.name, name) &&
        this.#model.mayMeet(each, from) &&
        (each.namespace === undefined || reference.namespace === undefined || each.namespace === reference.namespace),
    )
    return near === undefined ? undefined : { reason: 'near', near }
  }

  /** ` (did you mean web-config?)` */
  hint({ near }: Missing): string {
    return near === undefined ? '' : `: did you mean ${near.name}?`
  }
}

const cache = new WeakMap<FleetModel, MissingObjects>()

export function missingObjects(model: FleetModel): MissingObjects {
  let known = cache.get(model)
  if (known === undefined) {
    known = new MissingObjects(model)
    cache.set(model, known)
  }
  return known
}

/** `Secret/name` of what controllers and generators make of other objects. */
function* madeByOthers(model: FleetModel): Iterable<string> {
  for (const each of model.kinds('bitnami.com', 'SealedSecret')) yield `Secret/${each.name}`
  for (const each of model.kinds('external-secrets.io', 'ExternalSecret'))
    yield `Secret/${each.text('spec', 'target', 'name') ?? each.name}`
  for (const each of model.kinds('cert-manager.io', 'Certificate')) yield `Secret/${each.text('spec', 'secretName') ?? ''}`
  for (const document of model.withRole('kustomization'))
    for (const [generator, kind] of [
      ['configMapGenerator', 'ConfigMap'],
      ['secretGenerator', 'Secret'],
    ] as const)
      for (const each of document.items(generator)) yield `${kind}/${each.text('name') ?? ''}`
  yield 'ConfigMap/kube-root-ca.crt'
  yield 'ServiceAccount/default'
}
