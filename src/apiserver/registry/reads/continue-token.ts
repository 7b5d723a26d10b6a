import { isObject } from '../../../base/json.js'
import { statusErrors } from '../../../kube/object/status-error.js'

/** Where a paged list goes on: behind `after`, in the state of `revision` (-1: in the newest state, after the history ran out). */
export interface ContinueToken {
  readonly revision: number
  readonly after: string
}

/** The wire form of kube-apiserver: base64url of JSON, whose `start` is the first key that may follow. */
export function formatContinueToken(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: `${token.after}\0` })
  return Buffer.from(json).toString('base64url')
}

/** Throws BadRequest for anything that this server did not make. */
export function parseContinueToken(text: string): ContinueToken {
  const wrong = (why: string) => statusErrors.badRequest(`invalid continue token: continue key is not valid: ${why}`)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw wrong(whyUnreadable(text))
  }
  if (!isObject(value)) throw wrong('it is not a token of this server')
  const version = typeof value['v'] === 'string' ? value['v'] : ''
  if (version !== 'meta.k8s.io/v1') throw wrong(`server does not recognize this encoded version ${version}`)
  const { rv, start } = value
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1)
    throw wrong('incorrect encoded start resourceVersion')
  if (typeof start !== 'string' || start.length < 2) throw wrong('encoded start key empty or invalid')
  if (start.includes('..')) throw wrong(start)
  return { revision: rv, after: start.endsWith('\0') ? start.slice(0, -1) : start }
}

/** Why a text is no token, in Go's words for what people send by mistake. */
function whyUnreadable(text: string): string {
  const bad = /[^\w-]/.exec(text)
  if (bad !== null) return `illegal base64 data at input byte ${bad.index}`
  if (text.length % 4 === 1) return `illegal base64 data at input byte ${text.length}`
  const first = Buffer.from(text, 'base64url')[0]
  if (first === undefined) return 'unexpected end of JSON input'
  const printed = first > 0x7e ? `\\u${first.toString(16).padStart(4, '0')}` : String.fromCharCode(first)
  return `invalid character '${printed}' looking for beginning of value`
}
