import { createHash } from 'node:crypto'
import type { ServiceName } from '../model/service-model.js'
import { serviceKey } from '../model/service-name.js'

const alphabet = '0123456789abcdefghijklmnopqrstuv'

/** The name of the Service that stands behind a ServiceImport: `derived-` and ten characters, as the reference controller has it. */
export function derivedServiceName(service: ServiceName): string {
  return `derived-${shortHash(serviceKey(service))}`
}

/** The first ten characters of the SHA-256 in lower-case base32hex. */
export function shortHash(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let found = ''
  let bits = 0
  let held = 0
  for (const byte of digest) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      found += alphabet[(held >> bits) & 31]
      if (found.length === 10) return found
    }
    held &= (1 << bits) - 1
  }
  return found
}
