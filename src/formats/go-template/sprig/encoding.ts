import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { type GoFunction, goFunction } from '../functions.js'
import { bytesOfText, fromByteString, toByteString } from '../values.js'

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function encodingFunctions(): [string, GoFunction][] {
  return [
    ['b64enc', goFunction(['string'], (text) => encode(toByteString(text), base64Alphabet, 6, 4))],
    ['b64dec', goFunction(['string'], (text) => decode(text, base64Alphabet, 6, 4, 'base64'))],
    ['b32enc', goFunction(['string'], (text) => encode(toByteString(text), base32Alphabet, 5, 8))],
    ['b32dec', goFunction(['string'], (text) => decode(text, base32Alphabet, 5, 8, 'base32'))],
    ['sha1sum', goFunction(['string'], (text) => hex(sha1(bytesOf(text))))],
    ['sha256sum', goFunction(['string'], (text) => hex(sha256(bytesOf(text))))],
    ['sha512sum', goFunction(['string'], (text) => hex(sha512(bytesOf(text))))],
    ['adler32sum', goFunction(['string'], (text) => String(adler32(bytesOf(text))))],
  ]
}

function bytesOf(text: string): Uint8Array {
  return bytesOfText(text)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}

/** RFC 4648 with padding: `bits` for each character, groups of `group` characters. */
function encode(bytes: string, alphabet: string, bits: number, group: number): string {
  let output = ''
  let held = 0
  let count = 0
  for (const byte of bytes) {
    held = (held << 8) | byte.charCodeAt(0)
    count += 8
    while (count >= bits) {
      count -= bits
      output += alphabet[(held >> count) & ((1 << bits) - 1)]
    }
    held &= (1 << count) - 1
  }
  if (count > 0) output += alphabet[(held << (bits - count)) & ((1 << bits) - 1)]
  return output + '='.repeat((group - (output.length % group)) % group)
}

/** The decoded text, or, as upstream does, the text of the error. Line breaks are skipped. */
function decode(text: string, alphabet: string, bits: number, group: number, name: string): string {
  let output = ''
  let held = 0
  let count = 0
  let characters = 0
  const complain = (at: number) => `illegal ${name} data at input byte ${at}`
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === '\r' || character === '\n') continue
    if (character === '=') return finish(index)
    const value = alphabet.indexOf(character)
    if (value < 0) return complain(index)
    characters++
    held = (held << bits) | value
    count += bits
    if (count >= 8) {
      count -= 8
      output += String.fromCharCode((held >> count) & 0xff)
      held &= (1 << count) - 1
    }
  }
  return characters % group === 0 ? fromByteString(output) : complain(text.length - (characters % group))

  function finish(at: number): string {
    const left = characters % group
    const valid = name === 'base64' ? [2, 3] : [2, 4, 5, 7]
    if (!valid.includes(left)) return complain(at)
    const padding = /^=[=\r\n]*/.exec(text.slice(at))![0]
    const signs = padding.replace(/[\r\n]/g, '').length
    if (signs !== group - left) return complain(signs > group - left ? at + (group - left) : at + padding.length)
    return at + padding.length === text.length ? fromByteString(output) : complain(at + padding.length)
  }
}
