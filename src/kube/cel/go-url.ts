import { utf8Bytes, utf8Text } from '../../formats/cel/values/utf8.js'
import { quoteString } from '../../formats/go-template/print.js'

/** A URL as Go's net/url takes it apart. */
export interface GoUrl {
  readonly scheme: string
  readonly opaque: string
  readonly user: string | undefined
  readonly host: string
  /** As written and as it reads. */
  readonly rawPath: string
  readonly path: string
  readonly query: string
  readonly fragment: string
}

/** What is wrong with a URL, in Go's words. */
export class UrlProblem extends Error {}

type Mode = 'path' | 'host' | 'query'

/** `url.ParseRequestURI`, then `url.Parse`. */
export function parseUrl(text: string): GoUrl {
  parseParts(text, true, text)
  const hash = text.indexOf('#')
  const url = hash < 0 ? text : text.slice(0, hash)
  return { ...parseParts(url, false, url), fragment: hash < 0 ? '' : text.slice(hash + 1) }
}

export function checkRequestUri(text: string): void {
  parseParts(text, true, text)
}

function parseParts(text: string, request: boolean, shown: string): GoUrl {
  const wrong = (message: string): UrlProblem => new UrlProblem(`parse ${quoteString(shown)}: ${message}`)
  if (/[\x00-\x1f\x7f]/.test(text)) throw wrong('net/url: invalid control character in URL')
  if (text === '' && request) throw wrong('empty url')
  const none = { scheme: '', opaque: '', user: undefined, host: '', rawPath: '', path: '', query: '', fragment: '' }
  if (text === '*') return { ...none, rawPath: '*', path: '*' }
  const written = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)
  if (text.startsWith(':')) throw wrong('missing protocol scheme')
  const scheme = (written?.[1] ?? '').toLowerCase()
  let rest = written === null ? text : text.slice(written[0].length)
  const mark = rest.indexOf('?')
  const query = mark < 0 ? '' : rest.slice(mark + 1)
  if (mark >= 0) rest = rest.slice(0, mark)
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...none, scheme, opaque: rest, query }
    if (request) throw wrong('invalid URI for request')
    if (rest.split('/')[0]!.includes(':')) throw wrong('first path segment in URL cannot contain colon')
  }
  try {
    let user: string | undefined
    let host = ''
    if ((scheme !== '' || (!request && !rest.startsWith('///'))) && rest.startsWith('//')) {
      const slash = rest.indexOf('/', 2)
      const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
      rest = slash < 0 ? '' : rest.slice(slash)
      const at = authority.lastIndexOf('@')
      if (at >= 0) {
        user = authority.slice(0, at)
        if (!/^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$/.test(user)) throw new UrlProblem('net/url: invalid userinfo')
      }
      host = parseHost(authority.slice(at + 1))
    }
    return { ...none, scheme, user, host, rawPath: rest, path: decode(rest, 'path'), query }
  } catch (error) {
    throw error instanceof UrlProblem ? wrong(error.message) : error
  }
}

function isPort(text: string): boolean {
  return text === '' || /^:\d*$/.test(text)
}

function parseHost(host: string): string {
  const colon = host.lastIndexOf(':')
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']')
    if (end < 0) throw new UrlProblem("missing ']' in host")
    const port = host.slice(end + 1)
    if (!isPort(port)) throw new UrlProblem(`invalid port ${quoteString(port)} after host`)
  } else if (colon >= 0 && !isPort(host.slice(colon))) {
    throw new UrlProblem(`invalid port ${quoteString(host.slice(colon))} after host`)
  }
  return decode(host, 'host')
}

function decode(text: string, mode: Mode): string {
  const bytes: number[] = []
  const source = utf8Bytes(text)
  for (let i = 0; i < source.length; i++) {
    const byte = source[i]!
    const char = String.fromCharCode(byte)
    if (char === '%') {
      const part = String.fromCharCode(...source.slice(i, i + 3))
      if (!/^%[0-9a-fA-F]{2}$/.test(part)) throw new UrlProblem(`invalid URL escape ${quoteString(part)}`)
      const value = Number.parseInt(part.slice(1), 16)
      if (mode === 'host' && value < 0x80 && part !== '%25') throw new UrlProblem(`invalid URL escape ${quoteString(part)}`)
      bytes.push(value)
      i += 2
    } else {
      if (mode === 'host' && byte < 0x80 && !/[A-Za-z0-9!$&'()*+,;=:[\]<>"\-_.~]/.test(char)) {
        throw new UrlProblem(`invalid character ${quoteString(char)} in host name`)
      }
      bytes.push(mode === 'query' && char === '+' ? 0x20 : byte)
    }
  }
  return utf8Text(Uint8Array.from(bytes)) ?? String.fromCharCode(...bytes)
}

function escapePath(path: string): string {
  let out = ''
  for (const byte of utf8Bytes(path)) {
    const char = String.fromCharCode(byte)
    out += /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

export function escapedPath({ rawPath, path }: GoUrl): string {
  if (path === '*' || /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(rawPath)) return rawPath
  return escapePath(path)
}

export function splitHost(host: string): { name: string; port: string } {
  const colon = host.lastIndexOf(':')
  const hasPort = colon >= 0 && isPort(host.slice(colon))
  const name = hasPort ? host.slice(0, colon) : host
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return { name: bare, port: hasPort ? host.slice(colon + 1) : '' }
}

/** Parameters in the order of their first occurrence; what cannot be read is left out. */
export function queryValues(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue
    const equals = part.indexOf('=')
    try {
      const key = decode(equals < 0 ? part : part.slice(0, equals), 'query')
      const value = equals < 0 ? '' : decode(part.slice(equals + 1), 'query')
      values.set(key, [...(values.get(key) ?? []), value])
    } catch (error) {
      if (!(error instanceof UrlProblem)) throw error
    }
  }
  return values
}

export function formatUrl(url: GoUrl): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`
  if (url.opaque !== '') out += url.opaque
  else {
    if (url.scheme !== '' || url.host !== '' || url.user !== undefined) {
      if (url.host !== '' || url.path !== '' || url.user !== undefined) out += '//'
      if (url.user !== undefined) out += `${url.user}@`
      out += url.host
    }
    out += escapedPath(url)
  }
  if (url.query !== '') out += `?${url.query}`
  return url.fragment === '' ? out : `${out}#${url.fragment}`
}
