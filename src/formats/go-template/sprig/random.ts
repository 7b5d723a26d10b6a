import { type Random, uuid } from '../../../base/random.js'
import { type CallContext, type GoFunction, goFunction } from '../functions.js'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')

/** Functions that give something else each time; all chance comes from the port. */
export function randomFunctions(random: Random): [string, GoFunction][] {
  const picker = (alphabet: string) =>
    goFunction(['int'], function (this: CallContext, count: number) {
      this.charge(Math.max(count, 0))
      return pick(random, alphabet, count)
    })
  return [
    ['randAlphaNum', picker(letters + digits)],
    ['randAlpha', picker(letters)],
    ['randNumeric', picker(digits)],
    ['randAscii', picker(printable)],
    [
      'randBytes',
      goFunction(['int'], function (count) {
        if (count < 0) throw new Error('runtime error: makeslice: len out of range')
        this.charge(count)
        return btoa(Array.from(random.bytes(count), (byte) => String.fromCharCode(byte)).join(''))
      }),
    ],
    ['uuidv4', goFunction([], () => uuid(random))],
  ]
}

/** Each character of the alphabet is equally likely: bytes beyond the last whole multiple are thrown away. */
function pick(random: Random, alphabet: string, count: number): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < count) {
    for (const byte of random.bytes(count - text.length)) if (byte < limit) text += alphabet[byte % alphabet.length]
  }
  return text
}
