import { decodeQuery, type Query } from './decode-query.js'
import { datagramLimit, encodeAnswer } from './encode-answer.js'
import { type Answer, type Question, refusal, responseCodes } from './handler.js'

const internet = 1
/** Transfers and what is about them: not for everybody. */
const transfers: ReadonlySet<number> = new Set([251, 252])
const badVersion = 16

/**
 * The answer to a message, undefined when it deserves none. `stream`: it came over TCP, where there is room for everything.
 * What an `ask` fails with becomes a server failure. What it refuses goes to `elsewhere`, if there is one, as it came.
 */
export function answerMessage(
  message: Uint8Array,
  stream: boolean,
  ask: (question: Question) => Answer | Promise<Answer>,
  elsewhere?: (message: Uint8Array, stream: boolean) => Promise<Uint8Array>,
): Uint8Array | undefined | Promise<Uint8Array> {
  const query = decodeQuery(message)
  if (query === undefined) return undefined
  const limit = stream ? 65_535 : datagramLimit(query)
  const refused = refuse(query)
  if (refused !== undefined) return encodeAnswer(query, refused, limit)
  try {
    const answer = ask(query.question!)
    if (answer === refusal && elsewhere !== undefined) {
      return elsewhere(message, stream).catch(() => encodeAnswer(query, failure, limit))
    }
    if (!(answer instanceof Promise)) return encodeAnswer(query, answer, limit)
    return answer.catch(() => failure).then((later) => encodeAnswer(query, later, limit))
  } catch {
    return encodeAnswer(query, failure, limit)
  }
}

const failure: Answer = { code: responseCodes.serverFailure, authoritative: false, answers: [] }

function refuse({ opcode, question, edns }: Query): Answer | undefined {
  const answer = (code: number): Answer => ({ code, authoritative: false, answers: [] })
  if (opcode !== 0) return answer(responseCodes.notImplemented)
  if (question === undefined) return answer(responseCodes.formatError)
  if (edns !== undefined && edns.version !== 0) return answer(badVersion)
  if (question.class !== internet || transfers.has(question.type)) return refusal
  return undefined
}
