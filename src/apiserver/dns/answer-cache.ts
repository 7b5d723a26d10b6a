const most = 1024
/** Where a message has the number of its answers. */
const answerCount = 6

/**
 * Answers by the octets of their question, so that a question which comes again costs next to nothing. What it was made of may
 * change at any time: `forget` is called then. Answers with several records are not kept, since their order is mixed anew.
 */
export class AnswerCache {
  readonly #answers = new Map<string, Buffer>()

  /** The answer to a message that is the same but for its id. */
  find(message: Uint8Array): Uint8Array | undefined {
    if (this.#answers.size === 0) return undefined
    const kept = this.#answers.get(keyOf(message))
    if (kept === undefined) return undefined
    // A copy: what is being sent still belongs to the socket.
    const answer = Buffer.allocUnsafe(kept.length)
    kept.copy(answer)
    answer[0] = message[0]!
    answer[1] = message[1]!
    return answer
  }

  keep(message: Uint8Array, answer: Uint8Array): void {
    if (message.length < 12 || message.length > 300) return
    if (answer.length < 12 || answer[answerCount] !== 0 || answer[answerCount + 1]! > 1) return
    // Whoever asks for ever new names does not push out what others ask for.
    if (this.#answers.size < most) this.#answers.set(keyOf(message), Buffer.from(answer))
  }

  forget(): void {
    if (this.#answers.size > 0) this.#answers.clear()
  }
}

function keyOf(message: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(message, 2, message.length)
}
