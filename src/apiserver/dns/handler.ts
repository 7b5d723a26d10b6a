/** Record types that we make, by the number that the wire has for them. */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const

export type RecordType = keyof typeof recordTypes

/** Names are lower case, in ASCII, without the dot at the end: `web.default.svc.cluster.local`; '' is the root. */
export type DnsRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | {
      readonly type: 'SOA'
      readonly primary: string
      readonly mailbox: string
      readonly serial: number
      readonly refresh: number
      readonly retry: number
      readonly expire: number
      /** Seconds that it may be remembered that something is not there. */
      readonly minimum: number
    }
)

export interface Question {
  readonly name: string
  /** As on the wire: a type may be one that we do not know. */
  readonly type: number
}

export const responseCodes = { ok: 0, formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4, refused: 5 } as const

export interface Answer {
  readonly code: number
  /** Whether the one who answers is the source of it. */
  readonly authoritative: boolean
  readonly answers: readonly DnsRecord[]
  /** With an answer that is none: the SOA of the zone, whose `minimum` says how long that holds. */
  readonly authorities?: readonly DnsRecord[]
  readonly additional?: readonly DnsRecord[]
  /** False: it depends on who asks, or on when, so the same question is to be answered anew each time. */
  readonly keep?: false
}

/** Who asks. */
export interface Asker {
  /** Where the question came from: a pod's address is known by the cluster. Empty when it cannot be told. */
  readonly address: string
  /** It came over TCP, where there is room for everything. */
  readonly stream: boolean
}

/**
 * One link of the chain that answers questions, as CoreDNS chains its plugins.
 *
 * - Links are asked by their `order`, the smaller first; those with the same one as they were given. The first answer counts.
 * - A link gives undefined for names that are not its own, so that the next one is asked. "There is no such name" is an
 *   answer (NXDOMAIN): it ends the search.
 * - Answers are remembered by the octets of their question until something of the cluster changes that names are made of. A
 *   link that reads other things calls `changed` of its context, or gives answers with `keep: false`.
 * - A link neither throws nor waits for long: what it throws is a server failure (SERVFAIL) to the one who asked, and over TCP
 *   the connection's next question waits for it.
 */
export interface DnsHandler {
  /** Shows in metrics. */
  readonly name: string
  /** See `handlerOrder` (default: after the cluster's own zones). */
  readonly order?: number
  answer(question: Question, asker: Asker): Answer | undefined | Promise<Answer | undefined>
  /** Changes what a later link has answered. */
  amend?(question: Question, answer: Answer, asker: Asker): Answer
}

/** Where the cluster's own links are; others choose a place before, between or after them. */
export const handlerOrder = { cluster: 100, clusterset: 200, reverse: 300, others: 1000 } as const

/** What a link of another room gets to know when it is made for a cluster. */
export interface HandlerContext {
  /** Forgets answers: call it when something has changed that answers of this link are made of. */
  changed(): void
}

export type AskChain = (question: Question, asker: Asker) => Answer | Promise<Answer>

/** Asks the links in order. What none of them answers is refused: nobody here can speak for it. */
export function chain(handlers: readonly DnsHandler[]): AskChain {
  const orderOf = ({ order }: DnsHandler) => order ?? handlerOrder.others
  const links = handlers.toSorted((one, other) => orderOf(one) - orderOf(other))
  const amended = (question: Question, answer: Answer, asker: Asker, before: number): Answer => {
    let latest = answer
    for (let index = before - 1; index >= 0; index--) latest = links[index]!.amend?.(question, latest, asker) ?? latest
    return latest
  }
  const ask = (question: Question, asker: Asker, from: number): Answer | Promise<Answer> => {
    for (let index = from; index < links.length; index++) {
      const answer = links[index]!.answer(question, asker)
      if (answer instanceof Promise) {
        return answer.then((later) =>
          later === undefined ? ask(question, asker, index + 1) : amended(question, later, asker, index),
        )
      }
      if (answer !== undefined) return amended(question, answer, asker, index)
    }
    return refusal
  }
  return (question, asker) => ask(question, asker, 0)
}

export const refusal: Answer = { code: responseCodes.refused, authoritative: false, answers: [] }

/** Whether a name is the zone or below it. */
export function isBelow(name: string, zone: string): boolean {
  if (!name.endsWith(zone)) return false
  return name.length === zone.length || zone === '' || name.charCodeAt(name.length - zone.length - 1) === 0x2e
}
