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
}

/**
 * One link of the chain that answers questions, as CoreDNS chains its plugins: answers, or gives undefined for names that
 * are not its own, so that the next link is asked.
 */
export interface DnsHandler {
  readonly name: string
  answer(question: Question): Answer | undefined | Promise<Answer | undefined>
}

/** Asks the links in order. What none of them answers is refused: nobody here can speak for it. */
export function chain(handlers: readonly DnsHandler[]): (question: Question) => Answer | Promise<Answer> {
  const ask = (question: Question, from: number): Answer | Promise<Answer> => {
    for (let index = from; index < handlers.length; index++) {
      const answer = handlers[index]!.answer(question)
      if (answer instanceof Promise) return answer.then((later) => later ?? ask(question, index + 1))
      if (answer !== undefined) return answer
    }
    return refusal
  }
  return (question) => ask(question, 0)
}

export const refusal: Answer = { code: responseCodes.refused, authoritative: false, answers: [] }

/** Whether a name is the zone or below it. */
export function isBelow(name: string, zone: string): boolean {
  return name === zone || zone === '' || name.endsWith(`.${zone}`)
}
