import type { AnswerCache } from './answer-cache.js'
import { decodeQuery, type Query } from './decode-query.js'
import { type DnsCounts, noType } from './dns-counts.js'
import { datagramLimit, encodeAnswer } from './encode-answer.js'
import { type Answer, type AskChain, type Asker, refusal, responseCodes } from './handler.js'

/** The answer to a message; undefined: none is due. */
export type AnswerMessage = (message: Uint8Array, asker: Asker) => Uint8Array | undefined | Promise<Uint8Array>

export interface AnswererOptions {
  readonly ask: AskChain
  /** Asked, with the message as it came, what the chain refuses. */
  readonly elsewhere?: (message: Uint8Array, stream: boolean) => Promise<Uint8Array>
  /** Remembers answers to datagrams (default: each is made anew). */
  readonly answers?: AnswerCache
  readonly counts?: DnsCounts
}

const internet = 1
/** Transfers and what is about them: not for everybody. */
const transfers: ReadonlySet<number> = new Set([251, 252])
const badVersion = 16

/** Answers messages; those that deserve none get undefined. What the chain fails with becomes a server failure. */
export function createAnswerer({ ask, elsewhere, answers, counts }: AnswererOptions): AnswerMessage {
  const write = (query: Query, answer: Answer, { stream }: Asker) => {
    if (counts !== undefined) counts.of(query.question?.type ?? noType, answer.code, stream).count++
    return encodeAnswer(query, answer, stream ? 65_535 : datagramLimit(query))
  }
  const relay = (query: Query, message: Uint8Array, asker: Asker) => {
    if (counts !== undefined) counts.relayed++
    return elsewhere!(message, asker.stream).catch(() => {
      if (counts !== undefined) counts.relayFailures++
      return write(query, failure, asker)
    })
  }
  const finish = (query: Query, message: Uint8Array, asker: Asker, answer: Answer) => {
    if (answer === refusal && elsewhere !== undefined) return relay(query, message, asker)
    return write(query, answer, asker)
  }
  return (message, asker) => {
    const isKept = answers !== undefined && !asker.stream
    const kept = isKept ? answers.find(message) : undefined
    if (kept !== undefined) {
      if (counts !== undefined) counts.kept++
      return kept
    }
    const query = decodeQuery(message)
    if (query === undefined) return undefined
    const refused = refuse(query)
    if (refused !== undefined) return write(query, refused, asker)
    let answer: Answer | Promise<Answer>
    try {
      answer = ask(query.question!, asker)
    } catch {
      answer = failure
    }
    if (answer instanceof Promise) {
      return answer.catch(() => failure).then((later) => finish(query, message, asker, later))
    }
    const written = finish(query, message, asker, answer)
    if (isKept && answer.keep === undefined && answer !== failure && written instanceof Uint8Array) {
      answers.keep(message, written, counts?.of(query.question!.type, answer.code, false))
    }
    return written
  }
}

const failure: Answer = { code: responseCodes.serverFailure, authoritative: false, answers: [] }

const refusals = new Map<number, Answer>()

function refusalWith(code: number): Answer {
  let answer = refusals.get(code)
  if (answer === undefined) refusals.set(code, (answer = { code, authoritative: false, answers: [] }))
  return answer
}

function refuse({ opcode, question, edns }: Query): Answer | undefined {
  if (opcode !== 0) return refusalWith(responseCodes.notImplemented)
  if (question === undefined) return refusalWith(responseCodes.formatError)
  if (edns !== undefined && edns.version !== 0) return refusalWith(badVersion)
  if (question.class !== internet || transfers.has(question.type)) return refusal
  return undefined
}
