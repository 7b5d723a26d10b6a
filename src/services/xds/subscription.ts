import type { ServiceName } from '../model/service-model.js'
import type { ClientView, ResourceKind, XdsResource } from './client-view.js'

/** The last time a client has refused what it was sent. */
export interface Refusal {
  readonly version: string
  readonly message: string
  readonly atMs: number
}

/** What one stream wants of one kind of resource, and what it has. */
export class Subscription {
  readonly kind: ResourceKind
  /** Undefined until the client has asked: names, or all there are. */
  names: ReadonlySet<string> = new Set()
  everything = false
  /** Name to the version that was sent last. A name that is sent as absent has ''. */
  readonly sent = new Map<string, string>()
  nonce = ''
  version = ''
  acknowledged = ''
  refusal: Refusal | undefined
  lastRefusal: Refusal | undefined
  refusals = 0

  constructor(kind: ResourceKind) {
    this.kind = kind
  }

  wanted(view: ClientView): readonly string[] {
    return this.everything ? [...new Set([...view.names(this.kind), ...this.names])] : [...this.names]
  }
}

export interface Difference {
  readonly changed: readonly XdsResource[]
  /** Names that the client has and that are no more. */
  readonly removed: readonly string[]
}

/** What a client must be told; `of` limits the look to what these services concern. Nothing is recorded as sent. */
export function differenceOf(subscription: Subscription, view: ClientView, of: readonly ServiceName[] | 'all'): Difference {
  const { kind, sent } = subscription
  const wanted = subscription.wanted(view)
  const changed: XdsResource[] = []
  const removed: string[] = []
  for (const name of wanted) {
    const known = sent.get(name)
    if (known !== undefined && !view.concerns(kind, name, of)) continue
    const resource = view.resource(kind, name)
    if (resource === undefined) {
      if (known !== undefined && known !== '') removed.push(name)
    } else if (resource.version !== known) changed.push(resource)
  }
  if (subscription.everything) {
    const there = new Set(wanted)
    for (const [name, version] of sent) if (version !== '' && !there.has(name)) removed.push(name)
  }
  return { changed, removed }
}
