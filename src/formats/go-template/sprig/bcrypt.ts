import type { Random } from '../../../base/random.js'

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const magic = 'OrpheanBeholderScryDoubt'
const words = 18 + 4 * 256

/** A password's bcrypt hash ($2a$), with a salt of 16 bytes; work doubles with each step of `cost`. */
export function bcrypt(password: string, random: Random, cost = 10): string {
  return hashWithSalt(password, random.bytes(16), cost)
}

/** The same with a given salt. */
export function hashWithSalt(password: string, salt: Uint8Array, cost: number): string {
  const text = new TextEncoder().encode(password)
  if (text.length > 72) throw new Error('bcrypt: password length exceeds 72 bytes')
  const key = new Uint8Array(text.length + 1)
  key.set(text)
  const cipher = new Blowfish()
  cipher.expand(key, salt)
  for (let round = 0; round < 2 ** cost; round++) {
    cipher.expand(key)
    cipher.expand(salt)
  }
  const output = new Uint8Array(24)
  for (let block = 0; block < 3; block++) {
    cipher.left = wordAt(magic, block * 8)
    cipher.right = wordAt(magic, block * 8 + 4)
    for (let round = 0; round < 64; round++) cipher.encrypt()
    for (let index = 0; index < 4; index++) {
      output[block * 8 + index] = cipher.left >>> (24 - 8 * index)
      output[block * 8 + 4 + index] = cipher.right >>> (24 - 8 * index)
    }
  }
  return `$2a$${String(cost).padStart(2, '0')}$${encode(salt)}${encode(output.subarray(0, 23))}`
}

function wordAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 24) | (text.charCodeAt(at + 1) << 16) | (text.charCodeAt(at + 2) << 8) | text.charCodeAt(at + 3)
}

function encode(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 6) {
      bits -= 6
      text += alphabet[(held >> bits) & 63]
    }
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(held << (6 - bits)) & 63]
}

let initial: Int32Array | undefined

/** Blowfish starts from the first 33,344 bits of the fraction of pi, by Machin's formula. */
function fractionOfPi(): Int32Array {
  if (initial !== undefined) return initial
  const bits = BigInt(words * 32 + 64)
  const one = 1n << bits
  const arctan = (inverse: bigint) => {
    let power = one / inverse
    let sum = power
    for (let count = 3n, sign = -1n; power !== 0n; count += 2n, sign = -sign) {
      power /= inverse * inverse
      sum += (sign * power) / count
    }
    return sum
  }
  const fraction = (4n * (4n * arctan(5n) - arctan(239n))) & (one - 1n)
  const hex = (fraction >> 64n).toString(16).padStart(words * 8, '0')
  initial = Int32Array.from({ length: words }, (_, index) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16) | 0)
  return initial
}

class Blowfish {
  left = 0
  right = 0
  readonly #keys: Int32Array
  readonly #boxes: Int32Array

  constructor() {
    const start = fractionOfPi()
    this.#keys = start.slice(0, 18)
    this.#boxes = start.slice(18)
  }

  encrypt(): void {
    const keys = this.#keys
    const boxes = this.#boxes
    let left = this.left ^ keys[0]!
    let right = this.right
    for (let round = 1; round <= 16; round += 2) {
      right ^=
        (((boxes[left >>> 24]! + boxes[256 + ((left >>> 16) & 255)]!) ^ boxes[512 + ((left >>> 8) & 255)]!) +
          boxes[768 + (left & 255)]!) ^
        keys[round]!
      left ^=
        (((boxes[right >>> 24]! + boxes[256 + ((right >>> 16) & 255)]!) ^ boxes[512 + ((right >>> 8) & 255)]!) +
          boxes[768 + (right & 255)]!) ^
        keys[round + 1]!
    }
    this.left = right ^ keys[17]!
    this.right = left
  }

  /** Mixes a key in, and a salt that the encrypted blocks go through. */
  expand(key: Uint8Array, salt?: Uint8Array): void {
    let at = 0
    const next = (bytes: Uint8Array) => {
      let word = 0
      for (let count = 0; count < 4; count++) {
        word = (word << 8) | bytes[at]!
        at = (at + 1) % bytes.length
      }
      return word
    }
    for (let index = 0; index < 18; index++) this.#keys[index]! ^= next(key)
    at = 0
    this.left = 0
    this.right = 0
    for (const table of [this.#keys, this.#boxes]) {
      for (let index = 0; index < table.length; index += 2) {
        if (salt !== undefined) {
          this.left ^= next(salt)
          this.right ^= next(salt)
        }
        this.encrypt()
        table[index] = this.left
        table[index + 1] = this.right
      }
    }
  }
}
