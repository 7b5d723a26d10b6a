import { messageOf } from '../../../base/errors.js'
import { isObject, type Json } from '../../../base/json.js'
import { uuid } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { pruneUnknown } from '../../../kube/schema/prune.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import type { ClusterScope } from '../scope.js'

/** `spec.conversion` of a definition with strategy Webhook. */
export interface ConversionSpec {
  readonly strategy?: string
  readonly webhook?: { readonly clientConfig?: object; readonly conversionReviewVersions?: readonly string[] }
}

/** An object in the version that is stored, and in the others that are served. */
export interface ConvertedObject {
  readonly stored: KubeObject
  readonly views: ReadonlyMap<string, KubeObject>
}

/**
 * What is stored, in other versions, by their apiVersion. Reads find their objects here: whoever reads has asked for them
 * before, and whoever writes has them made with what he writes.
 */
const views = new WeakMap<KubeObject, Map<string, KubeObject>>()

/** Objects in one request to a webhook. */
const mostAtOnce = 500

/**
 * The versions of a custom resource by its conversion webhook, which gets a ConversionReview. Metadata stays what it is, but
 * for labels and annotations. Reference: k8s.io/apiextensions-apiserver/pkg/apiserver/conversion.
 */
export class WebhookConversion {
  readonly #spec: ConversionSpec
  /** Of all versions, by apiVersion. */
  readonly #schemas: ReadonlyMap<string, () => SchemaNode>
  readonly #storedVersion: string
  readonly #resource: string

  constructor(of: {
    spec: ConversionSpec
    schemas: ReadonlyMap<string, () => SchemaNode>
    storedVersion: string
    resource: string
  }) {
    this.#spec = of.spec
    this.#schemas = of.schemas
    this.#storedVersion = of.storedVersion
    this.#resource = of.resource
  }

  /** Undefined when nobody has asked for it yet. */
  view(stored: KubeObject, apiVersion: string): KubeObject | undefined {
    return stored.apiVersion === apiVersion ? stored : views.get(stored)?.get(apiVersion)
  }

  /** From then on what is stored now has views of the version. '' for all namespaces, and for all names. */
  async prepare(scope: ClusterScope, apiVersion: string, namespace: string, name: string): Promise<void> {
    const { storage } = scope
    const prefix = namespace === '' ? '' : `${namespace}/`
    const one = name === '' ? undefined : storage.get(this.#resource, `${prefix}${name}`)
    const found = name === '' ? storage.scan(this.#resource, prefix) : one === undefined ? [] : [one]
    const missing = [...found].filter((object) => this.view(object, apiVersion) === undefined)
    for (let from = 0; from < missing.length; from += mostAtOnce) {
      const part = missing.slice(from, from + mostAtOnce)
      const converted = await this.#convert(scope, part, apiVersion)
      for (const [index, object] of part.entries()) this.#keep(object, apiVersion, converted[index] as KubeObject)
    }
  }

  async convert(scope: ClusterScope, object: KubeObject): Promise<ConvertedObject> {
    const [stored] = (await this.#convert(scope, [object], this.#storedVersion)) as [KubeObject]
    const made = new Map<string, KubeObject>([[object.apiVersion, object]])
    for (const apiVersion of this.#schemas.keys()) {
      if (apiVersion === this.#storedVersion || made.has(apiVersion)) continue
      // Who reads in a version that cannot be made is told so then.
      const [view] = await this.#convert(scope, [stored], apiVersion).catch(() => [])
      if (view !== undefined) made.set(apiVersion, view)
    }
    made.delete(this.#storedVersion)
    return { stored, views: made }
  }

  /** The object has been stored as what `convert` has made. */
  keep(stored: KubeObject, { views: made }: ConvertedObject): void {
    for (const [apiVersion, view] of made) this.#keep(stored, apiVersion, view)
  }

  /** What is stored has other metadata than before, and is the same otherwise. */
  carry(stored: KubeObject, previous: KubeObject): void {
    for (const [apiVersion, view] of views.get(previous) ?? []) this.#keep(stored, apiVersion, view)
  }

  #keep(stored: KubeObject, apiVersion: string, view: KubeObject): void {
    let known = views.get(stored)
    if (known === undefined) views.set(stored, (known = new Map()))
    known.set(apiVersion, { ...view, metadata: metadataOf(stored, view) })
  }

  async #convert(scope: ClusterScope, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
    const sent = objects.filter((object) => object.apiVersion !== apiVersion)
    if (sent.length === 0) return [...objects]
    const { kind, apiVersion: from } = sent[0] as KubeObject
    let answers: Json[]
    try {
      answers = await this.#ask(scope, sent, apiVersion)
      if (answers.length !== sent.length) throw new Error(`returned ${answers.length} objects, expected ${sent.length}`)
      const read = answers.map((answer, index) => this.#read(sent[index] as KubeObject, answer, index, apiVersion))
      return objects.map((object) => (object.apiVersion === apiVersion ? object : (read.shift() as KubeObject)))
    } catch (error) {
      const [group, version] = from.split('/')
      const message = `conversion webhook for ${group}/${version}, Kind=${kind} ${messageOf(error)}`
      throw new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
    }
  }

  async #ask({ storage, ports, extensions }: ClusterScope, objects: readonly KubeObject[], wanted: string): Promise<Json[]> {
    const { clientConfig = {}, conversionReviewVersions = [] } = this.#spec.webhook ?? {}
    const version = conversionReviewVersions.find((each) => each === 'v1' || each === 'v1beta1')
    if (version === undefined) throw new Error('failed: no supported conversion review versions')
    if (extensions.askConversion === undefined) throw new Error('failed: this server calls no webhooks')
    const uid = uuid(ports.random)
    const apiVersion = `apiextensions.k8s.io/${version}`
    const review = { kind: 'ConversionReview', apiVersion, request: { uid, desiredAPIVersion: wanted, objects } }
    let answer: unknown
    try {
      answer = await extensions.askConversion(storage, clientConfig, JSON.stringify(review))
    } catch (error) {
      throw new Error(`failed: ${messageOf(error)}`)
    }
    const response = isObject(answer) ? answer['response'] : undefined
    if (!isObject(response)) throw new Error('failed: no response provided')
    if (version === 'v1' && response['uid'] !== uid) {
      throw new Error(`failed: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`)
    }
    const result = isObject(response['result']) ? response['result'] : {}
    if (result['status'] !== 'Success') {
      throw new Error(`failed: ${result['message'] || `response.result.status was '${result['status'] ?? ''}', not 'Success'`}`)
    }
    return Array.isArray(response['convertedObjects']) ? (response['convertedObjects'] as Json[]) : []
  }

  #read(sent: KubeObject, answer: Json, index: number, apiVersion: string): KubeObject {
    const invalid = (why: string) => new Error(`returned invalid converted object at index ${index}: ${why}`)
    if (!isObject(answer)) throw invalid('it is no object')
    const { apiVersion: version = '', kind = '', metadata } = answer
    if (version !== apiVersion) throw invalid(`invalid groupVersion (expected ${apiVersion}, received ${version})`)
    if (kind !== sent.kind) throw invalid(`invalid kind (expected ${sent.kind}, received ${kind})`)
    if (!isObject(metadata)) throw new Error(`returned invalid metadata in object at index ${index}: missing metadata`)
    for (const [field, title] of identity) {
      const [before = '', now = ''] = [sent.metadata[field], metadata[field]]
      if (before !== now) throw invalid(`must have the same ${title}: ${before} != ${now}`)
    }
    const object = { ...answer, metadata: metadataOf(sent, answer as unknown as KubeObject) } as KubeObject
    const schema = this.#schemas.get(apiVersion)
    return schema === undefined ? object : (pruneUnknown(schema(), object).object as KubeObject)
  }
}

const identity = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

/** That of the original, with the labels and annotations of the converted object. */
function metadataOf(original: KubeObject, { metadata: { labels, annotations } }: KubeObject): KubeObject['metadata'] {
  const { labels: _labels, annotations: _annotations, ...rest } = original.metadata
  return { ...rest, ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) }
}
