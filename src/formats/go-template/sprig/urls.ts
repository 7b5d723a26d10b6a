import { type GoFunction, goFunction } from '../functions.js'
import { quoteString } from '../print.js'
import { fromByteString, type GoMap, kindOf, toByteString } from '../values.js'

interface UrlParts {
  scheme: string
  opaque: string
  userinfo: string | undefined
  host: string
  path: string
  query: string
  fragment: string
}

export function urlFunctions(): [string, GoFunction][] {
  return [
    ['urlParse', goFunction(['string'], parseUrlDict)],
    ['urlJoin', goFunction(['map'], joinUrlDict)],
  ]
}

function parseUrlDict(text: string): GoMap {
  let parts: UrlParts
  try {
    parts = parseUrl(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`unable to parse url: parse ${quoteString(text)}: ${reason}`)
  }
  const host = parts.host
  const hostname = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:[0-9]*$/, '')
  return {
    scheme: parts.scheme,
    host,
    hostname,
    path: parts.path,
    query: parts.query,
    opaque: parts.opaque,
    fragment: parts.fragment,
    userinfo: parts.userinfo ?? '',
  }
}

/** RFC 3986 as Go's net/url reads it. */
function parseUrl(text: string): UrlParts {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('net/url: invalid control character in URL')
  const hash = text.indexOf('#')
  const fragment = hash < 0 ? '' : unescapeText(text.slice(hash + 1))
  let rest = hash < 0 ? text : text.slice(0, hash)
  const parts: UrlParts = { scheme: '', opaque: '', userinfo: undefined, host: '', path: '', query: '', fragment }
  if (rest.startsWith(':')) throw new Error('missing protocol scheme')
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest)
  if (scheme !== null) {
    parts.scheme = scheme[1]!.toLowerCase()
    rest = rest.slice(scheme[0].length)
  }
  const question = rest.indexOf('?')
  if (question >= 0) {
    parts.query = rest.slice(question + 1)
    rest = rest.slice(0, question)
  }
  if (!rest.startsWith('/')) {
    if (parts.scheme !== '') return { ...parts, opaque: rest }
    const segment = rest.split('/')[0]!
    if (segment.includes(':')) throw new Error('first path segment in URL cannot contain colon')
  }
  if (rest.startsWith('//') && !(rest.startsWith('///') && parts.scheme === '')) {
    const end = rest.indexOf('/', 2)
    const authority = end < 0 ? rest.slice(2) : rest.slice(2, end)
    rest = end < 0 ? '' : rest.slice(end)
    const at = authority.lastIndexOf('@')
    if (at >= 0) parts.userinfo = userinfo(authority.slice(0, at))
    parts.host = host(authority.slice(at + 1))
  }
  return { ...parts, path: unescapeText(rest) }
}

function userinfo(text: string): string {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) throw new Error('net/url: invalid userinfo')
  const colon = text.indexOf(':')
  const escaped = (piece: string) => escapeWith(unescapeText(piece), /[A-Za-z0-9\-_.~$&+,;=]/)
  return colon < 0 ? escaped(text) : `${escaped(text.slice(0, colon))}:${escaped(text.slice(colon + 1))}`
}

function host(text: string): string {
  const port = text.startsWith('[') ? text.slice(text.indexOf(']') + 1) : (/:(.*)$/.exec(text)?.[0] ?? '')
  if (text.startsWith('[') && !text.includes(']')) throw new Error("missing ']' in host")
  if (port !== '' && !/^:[0-9]*$/.test(port)) throw new Error(`invalid port ${quoteString(port)} after host`)
  if (/[ "<>\\^`{|}]/.test(text)) throw new Error(`invalid character ${quoteString(/[ "<>\\^`{|}]/.exec(text)![0])} in host name`)
  return unescapeText(text)
}

function unescapeText(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)
  if (bad !== null) throw new Error(`invalid URL escape ${quoteString(bad[0])}`)
  return fromByteString(
    toByteString(text).replace(/%([0-9a-fA-F]{2})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
  )
}

function escapeWith(text: string, plain: RegExp): string {
  return Array.from(toByteString(text), (byte) =>
    plain.test(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('')
}

function joinUrlDict(map: GoMap): string {
  const member = (key: string): string => {
    if (!Object.hasOwn(map, key)) return ''
    const value = map[key]
    if (typeof value === 'string') return value
    throw new Error(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`)
  }
  const [scheme, hostName, path, query, opaque, fragment, user] = [
    'scheme',
    'host',
    'path',
    'query',
    'opaque',
    'fragment',
    'userinfo',
  ].map(member)
  let text = scheme === '' ? '' : `${scheme}:`
  if (opaque !== '') text += opaque
  else {
    if (scheme !== '' || hostName !== '' || user !== '') {
      if (hostName !== '' || path !== '' || user !== '')
        text += hostName !== '' || user !== '' || path!.startsWith('//') ? '//' : ''
      if (user !== '') text += `${userinfo(user!)}@`
      if (hostName !== '') text += escapeWith(hostName!, /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/)
    }
    const escapedPath = escapeWith(path!, /[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]/)
    if (escapedPath !== '' && !escapedPath.startsWith('/') && hostName !== '') text += '/'
    if (text === '' && escapedPath.split('/')[0]!.includes(':')) text += './'
    text += escapedPath
  }
  if (query !== '') text += `?${query}`
  if (fragment !== '') text += `#${escapeWith(fragment!, /[A-Za-z0-9\-_.~$&+,/:;=?@!'()*]/)}`
  return text
}
