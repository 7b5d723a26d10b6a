import type { QuestionCount } from './dns-counts.js'

/** How many answers may be new before the old ones go. */
const mostNew = 2048
const headerSize = 12
const SRV = 33
/** Octets of a record that points to the question's name and has an address, by its type. */
const sizeOfType = new Map([
  [1, 16],
  [28, 28],
])

interface Kept {
  readonly answer: Buffer
  readonly count: QuestionCount | undefined
  /** Where its addresses start, how long each is, and how many there are; 0 when their order is not to be changed. */
  readonly start: number
  readonly size: number
  readonly records: number
}

/**
 * Answers by the octets of their question, so that a question which comes again costs next to nothing. What it was made of may
 * change at any time: `forget` is called then. Addresses start with another one each time, so that clients which take the
 * first spread out. Two generations: what nobody has asked for while so many others came goes.
 */
export class AnswerCache {
  readonly #random: () => number
  #young = new Map<string, Kept>()
  #old = new Map<string, Kept>()

  /** What was looked for last, without being found: mostly it is kept next. */
  #missed: Uint8Array | undefined
  #missedKey = ''

  /** `random`: as Math.random. */
  constructor(random: () => number = () => 0) {
    this.#random = random
  }

  /** The answer to a message that is the same but for its id. */
  find(message: Uint8Array): Uint8Array | undefined {
    const key = keyOf(message)
    let kept = this.#young.get(key)
    if (kept === undefined) {
      kept = this.#old.get(key)
      if (kept === undefined) {
        this.#missed = message
        this.#missedKey = key
        return undefined
      }
      this.#set(key, kept)
    }
    if (kept.count !== undefined) kept.count.count++
    // A copy: what is being sent still belongs to the socket.
    const answer = kept.records === 0 ? copyOf(kept.answer) : turned(kept, Math.floor(this.#random() * kept.records))
    answer[0] = message[0]!
    answer[1] = message[1]!
    return answer
  }

  /** `count`: of the questions like this one. The answer must not be changed any more. */
  keep(message: Uint8Array, answer: Uint8Array, count?: QuestionCount): void {
    if (message.length < headerSize || message.length > 300 || answer.length < headerSize) return
    const octets = Buffer.from(answer.buffer, answer.byteOffset, answer.length)
    const kept = keptOf(octets, count)
    if (kept !== undefined) this.#set(message === this.#missed ? this.#missedKey : keyOf(message), kept)
    this.#missed = undefined
  }

  forget(): void {
    if (this.#young.size === 0) return
    this.#young.clear()
    this.#old.clear()
  }

  #set(key: string, kept: Kept): void {
    if (this.#young.size >= mostNew) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, kept)
  }
}

/** Undefined for answers with several records that would have to be mixed but cannot be. */
function keptOf(answer: Buffer, count: QuestionCount | undefined): Kept | undefined {
  const records = (answer[6]! << 8) | answer[7]!
  const fixed: Kept = { answer, count, start: 0, size: 0, records: 0 }
  if (records < 2) return fixed
  // A part of the addresses only: another part is for the next one.
  if ((answer[2]! & 2) !== 0) return undefined
  let start = headerSize
  while (answer[start] !== 0) start += answer[start]! + 1
  start += 5
  const type = answer[start + 3]!
  // Those have weights.
  if (type === SRV) return fixed
  const size = sizeOfType.get(type)
  if (size === undefined || start + records * size > answer.length) return undefined
  for (let at = start; at < start + records * size; at += size) {
    if (answer[at] !== 0xc0 || answer[at + 1] !== headerSize || answer[at + 3] !== type) return undefined
  }
  return { answer, count, start, size, records }
}

function copyOf(kept: Buffer): Buffer {
  const answer = Buffer.allocUnsafe(kept.length)
  kept.copy(answer)
  return answer
}

/** The same records, the `first` at the front. */
function turned({ answer: kept, start, size, records }: Kept, first: number): Buffer {
  const answer = Buffer.allocUnsafe(kept.length)
  const end = start + records * size
  const cut = start + first * size
  kept.copy(answer, 0, 0, start)
  kept.copy(answer, start, cut, end)
  kept.copy(answer, start + end - cut, start, cut)
  kept.copy(answer, end, end)
  return answer
}

function keyOf(message: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(message, 2, message.length)
}
