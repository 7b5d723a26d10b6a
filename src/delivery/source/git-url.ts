import { createHash } from 'node:crypto'
import { Stalled } from '../../base/errors.js'

/** A repository's address, fit to be handed to git: it cannot be read as an option and carries no credentials. */
export interface GitUrl {
  /** What git gets. */
  readonly url: string
  readonly protocol: GitProtocol
  /** The scheme, host and port, for settings that must not follow a redirect elsewhere; '' for ssh and files. */
  readonly origin: string
  /** Credentials that stood in the URL itself. */
  readonly username?: string
  readonly password?: string
  /** Directory name of the mirror. */
  readonly id: string
}

export type GitProtocol = 'https' | 'http' | 'ssh' | 'git' | 'file'

export const gitProtocols: readonly GitProtocol[] = ['https', 'http', 'ssh', 'git', 'file']

/** Throws Stalled with what is wrong; the text never repeats a password. */
export function parseGitUrl(text: string, allowed: readonly GitProtocol[] = gitProtocols): GitUrl {
  const refuse = (why: string, fix: string) =>
    new Stalled({ code: 'repository-url', message: `repository URL ${JSON.stringify(redactUrl(text))} ${why}`, fix })
  if (text === '') throw refuse('is empty', 'Write the repository into repoURL')
  if (text.startsWith('-')) throw refuse('starts with a dash', 'Write an https, http, ssh, git or file URL')
  if (/[\u0000-\u0020\u007f]/.test(text)) throw refuse('has blanks or control characters', 'Remove them (or write %20)')
  const parsed = parseShape(text)
  if (parsed === undefined)
    throw refuse('is not a Git URL', 'Write https://host/path, ssh://user@host/path, user@host:path, git:// or file://')
  if (!allowed.includes(parsed.protocol))
    throw refuse(
      `uses ${parsed.protocol}, which is not allowed here`,
      `Use one of ${allowed.join(', ')}, or have the hub allow it (flotilla hub --help)`,
    )
  return {
    ...parsed,
    id: createHash('sha256')
      .update(`${parsed.username ?? ''}${parsed.password === undefined ? '' : `:${parsed.password}`}@${canonical(parsed.url)}`)
      .digest('hex')
      .slice(0, 32),
  }
}

function parseShape(text: string): Omit<GitUrl, 'id'> | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    if (text.startsWith('/')) return { url: text, protocol: 'file', origin: '' }
    // scp-like: a dash at the start of the user or the host would reach ssh as an option.
    if (/^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9_][A-Za-z0-9._-]*:(?!:)[^-]/.test(text))
      return { url: text, protocol: 'ssh', origin: '' }
    return undefined
  }
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  switch (scheme) {
    case 'https':
    case 'http': {
      const username = decode(url.username)
      const password = decode(url.password)
      url.username = ''
      url.password = ''
      return {
        url: url.href,
        protocol: scheme,
        origin: url.origin,
        ...(username === '' ? {} : { username }),
        ...(password === '' ? {} : { password }),
      }
    }
    case 'ssh':
    case 'git':
      if (url.hostname === '' || url.hostname.startsWith('-') || url.username.startsWith('-') || url.password !== '')
        return undefined
      return { url: text, protocol: scheme, origin: '' }
    case 'file':
      return { url: text, protocol: 'file', origin: '' }
    default:
      return undefined
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function canonical(url: string): string {
  return url.replace(/\/+$/, '').replace(/\.git$/, '')
}

/** Two spellings of one repository: a trailing slash, `.git`, the host's case and credentials do not matter. */
export function sameRepository(a: string, b: string): boolean {
  return a === b || normalizeGitUrl(a) === normalizeGitUrl(b)
}

/** A comparable form of a repository URL (not for use with git): `https://host/org/name`, `host/org/name` for ssh. */
export function normalizeGitUrl(text: string): string {
  const trimmed = text.trim()
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.*)$/.exec(trimmed)
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) && scp)
    return canonical(`ssh://${scp[1]!.toLowerCase()}/${scp[2]!}`.replace(/([^:])\/\/+/g, '$1/'))
  if (!URL.canParse(trimmed)) return canonical(trimmed)
  const url = new URL(trimmed)
  return canonical(`${url.protocol}//${url.host.toLowerCase()}${url.pathname}`)
}

/** For logs and messages: without user, password, query. Of what is no URL nothing before its last @ is shown. */
export function redactUrl(text: string): string {
  const beforeAt = URL.canParse(text) ? /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/).*@/is
  return text.replace(beforeAt, '$1').replace(/\?.*$/s, '').slice(0, 300)
}
