import type { Random } from '../../base/random.js'

/**
 * Makes identifiers that look like UUIDs: half random and the same for all of one maker, half a counter. They tell requests
 * apart in logs and are no secrets; random bytes for each request would cost more than the request's parsing.
 */
export function createAuditIds(random: Random): () => string {
  const hex = Buffer.from(random.bytes(8)).toString('hex')
  const start = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8`
  let count = 0
  return () => {
    const number = (count++).toString(16).padStart(15, '0')
    return `${start}${number.slice(0, 3)}-${number.slice(3)}`
  }
}
